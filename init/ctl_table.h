/* SPDX-License-Identifier: MIT
 *
 * Rows in columns that are as wide as their widest cell. It prints to standard output and keeps nothing.
 */
#ifndef INGOT_CTL_TABLE_H
#define INGOT_CTL_TABLE_H

#include <stddef.h>

#define TABLE_COLUMNS_MAX 8
#define TABLE_CELL_MAX    96

/* cell writes the text of a row's column. */
void table_print(const char *const *heads, int columns, size_t rows,
		 void (*cell)(size_t row, int column, char *buf, size_t cap));

#endif
