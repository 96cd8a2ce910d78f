/* SPDX-License-Identifier: MIT
 *
 * The machine's links as ingot-net reads them: the contract between the builder, which writes the file, and ingot-net,
 * which parses no text. Everything in it is checked at build time. Little-endian, no pointers, of the size that its
 * links take. PID 1 knows nothing of it.
 */
#ifndef INGOT_NET_FILE_H
#define INGOT_NET_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define NETF_MAGIC   "INGOTNET"
#define NETF_VERSION 1u
#define NETF_PATH    "/ingot/net"         /* where ingot-net finds it */
#define NETF_RESOLV  "/run/resolv.conf"   /* what it writes */

#define NETF_LINKS    32
#define NETF_ADDRS    8
#define NETF_DNS      4
#define NETF_NAME     16 /* with the NUL, as the kernel has it */
#define NETF_DRIVER   32 /* with the NUL */
#define NETF_MTU_MIN  68    /* the least of IPv4; IPv6 wants 1280 */
#define NETF_MTU_MAX  65535
#define NETF_VLAN_MAX 4094

enum netf_match {
	NETF_BY_NAME,
	NETF_BY_MAC,
	NETF_BY_DRIVER, /* all links of it; by DHCP alone, as what follows */
	NETF_BY_ANY,    /* all Ethernet links with a device that nothing before has taken */
	NETF_MATCHES
};

#define NETF_DHCP     (1u << 0)
#define NETF_OPTIONAL (1u << 1) /* nothing waits for it */
#define NETF_FLAGS    (NETF_DHCP | NETF_OPTIONAL)

struct netf_addr {
	uint8_t family; /* 4 or 6; 0: none */
	uint8_t prefix; /* of an address of a link */
	uint8_t pad[2];
	uint8_t bytes[16]; /* in network byte order; the first four for 4, the others zero */
};

enum { NETF_GATEWAY_4, NETF_GATEWAY_6, NETF_GATEWAYS };

struct netf_link {
	uint32_t match; /* enum netf_match */
	uint32_t flags;
	char name[NETF_NAME];     /* NETF_BY_NAME */
	char driver[NETF_DRIVER]; /* NETF_BY_DRIVER */
	uint8_t mac[6];           /* NETF_BY_MAC */
	uint16_t vlan;            /* NETF_BY_NAME: made with this id; 0: none */
	char vlan_of[NETF_NAME];  /* with a vlan: the link that it is on */
	uint32_t mtu;             /* 0: as it is */
	uint32_t n_addrs, n_dns;
	struct netf_addr addrs[NETF_ADDRS];
	struct netf_addr gateways[NETF_GATEWAYS];
	struct netf_addr dns[NETF_DNS];
};

struct netf {
	char magic[8];
	uint32_t version;
	uint32_t crc; /* CRC-32 of everything behind this field */
	uint32_t n_links;
	uint32_t pad;
	struct netf_link links[NETF_LINKS];
};

/* Bytes that a file of n links has. */
static inline size_t
netf_size(size_t n)
{
	return offsetof(struct netf, links) + n * sizeof(struct netf_link);
}

/* The checksum that a file of that size must have. */
uint32_t netf_crc(const struct netf *f, size_t size);

/* Whether the first `size` bytes are a whole and right file: then all counts and texts in it are within bounds. */
int netf_check(const struct netf *f, size_t size, struct err *e);

#endif
