/* SPDX-License-Identifier: MIT
 *
 * What the unit tests share: cmocka with the headers it wants, a folder of the test's own, and a service table made by
 * hand. support_builder.h has what needs the builder.
 */
#ifndef INGOT_TEST_SUPPORT_H
#define INGOT_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "table.h"

#define TEST(name)  static void name(void **state __attribute__((unused)))
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Group set-up and tear-down: the test runs in a new empty folder, which goes away with all in it. */
int temp_enter(void **state);
int temp_leave(void **state);

/* Writes a file below the folder of the test, with the folders on the way to it. */
void write_file(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);
/* malloc'ed, with a NUL behind it. */
char *read_file(const char *path, size_t *size);

/* Fails, showing both, where the text does not hold the part; and how often it does. */
void assert_has(const char *text, const char *part);
void assert_has_not(const char *text, const char *part);
size_t occurrences(const char *text, const char *part);

/* A table with something in every section, as tbl_open wants it. */
struct good_table {
	struct tbl_header header;
	struct tbl_machine machine;
	struct tbl_module modules[1];
	struct tbl_sysctl sysctls[1];
	struct tbl_link links[2];
	struct tbl_svc svcs[3]; /* the machine's DHCP client, a service, a job */
	struct tbl_mount mounts[5];
	struct sock_filter filters[4]; /* two of the service, one of the job */
	struct tbl_listen listens[2];  /* of the service */
	struct tbl_net nets[1];        /* the same */
	struct tbl_net_rule rules[2];
	struct tbl_knob knobs[2];      /* both of the service */
	uint32_t deps[2];
	uint32_t words[10];
	char strings[512];
	struct tbl_rlimit rlimits[1]; /* of the service */
	uint32_t binds[2];            /* the same */
	struct tbl_port ports[1];     /* the same */
};

void good_table(struct good_table *t);
/* Makes the checksum right again after a change. */
void seal_table(struct good_table *t);

#endif
