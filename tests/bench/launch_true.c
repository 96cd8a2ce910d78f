/* SPDX-License-Identifier: MIT
 *
 * What the bench of launches starts: a program that ends well.
 */
int
main(void)
{
	return 0;
}
