/* SPDX-License-Identifier: MIT
 *
 * What a service uses, as its cgroup tells; ctl_top.c shows it.
 */
#ifndef INGOT_CTL_TOP_H
#define INGOT_CTL_TOP_H

#include "ctl.h"

/* Of one service at one time. What the kernel does not tell is not `has`. */
struct usage {
	char name[TBL_NAME_MAX + 1];
	uint32_t state;      /* enum svc_state */
	bool running;        /* it has a cgroup with figures */
	bool has_io, has_pressure;
	uint64_t cpu_us;     /* processor time ever used */
	uint64_t memory, memory_max; /* bytes; the limit is 0 where there is none */
	uint64_t pids;
	uint64_t read, written;      /* bytes ever, of all devices */
	uint32_t pressure[3]; /* of cpu, memory, io: hundredths of a percent of the last ten seconds that some waited */
	uint64_t cpu_permille, read_rate, write_rate; /* since the usage before; usage_rates */
	bool has_rates;
};

#define PRESSURES 3

/* Reads the cgroup of a service below cgroups. */
void usage_read(int cgroups, const struct ctl_svc *s, struct usage *out);

/* Fills in the rates, from what the same service had used us microseconds ago. */
void usage_rates(struct usage *now, const struct usage *before, uint64_t us);

#endif
