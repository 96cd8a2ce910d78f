/* SPDX-License-Identifier: MIT
 *
 * Words for what a health check has found (enum ctl_sick); PID 1 and ingotctl both say them.
 */
#ifndef INGOT_SICK_H
#define INGOT_SICK_H

#include <stddef.h>
#include <stdint.h>

#define SICK_TEXT_MAX 96

size_t sick_text(uint32_t sick, uint32_t value, char *buf, size_t cap);

#endif
