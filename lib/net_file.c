/* SPDX-License-Identifier: MIT
 *
 * What must hold of ingot-net's file before anything in it is used. Shared by who writes it and who reads it.
 */
#include "net_file.h"

#include <stdbool.h>
#include <string.h>

#include "crc32.h"

#define AFTER_CRC (offsetof(struct netf, crc) + sizeof(uint32_t))

uint32_t
netf_crc(const struct netf *f, size_t size)
{
	return crc32_of((const char *)f + AFTER_CRC, size - AFTER_CRC);
}

static bool
ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool
addr_is_right(const struct netf_addr *a)
{
	return (a->family == 4 && a->prefix <= 32) || (a->family == 6 && a->prefix <= 128);
}

static bool
gateway_is_right(const struct netf_addr *a, uint8_t family)
{
	return a->family == 0 || a->family == family;
}

static bool
link_is_right(const struct netf_link *l)
{
	if (l->match >= NETF_MATCHES || l->flags & ~NETF_FLAGS || !ends(l->name, sizeof l->name) ||
	    !ends(l->driver, sizeof l->driver) || !ends(l->vlan_of, sizeof l->vlan_of) || l->n_addrs > NETF_ADDRS ||
	    l->n_dns > NETF_DNS || l->vlan > NETF_VLAN_MAX || (l->match == NETF_BY_NAME) != (l->name[0] != '\0') ||
	    (l->vlan != 0) != (l->vlan_of[0] != '\0') || (l->vlan && l->match != NETF_BY_NAME))
		return false;
	if (l->mtu && (l->mtu < NETF_MTU_MIN || l->mtu > NETF_MTU_MAX))
		return false;
	for (uint32_t i = 0; i < l->n_addrs; i++)
		if (!addr_is_right(&l->addrs[i]))
			return false;
	for (uint32_t i = 0; i < l->n_dns; i++)
		if (!addr_is_right(&l->dns[i]))
			return false;
	return gateway_is_right(&l->gateways[NETF_GATEWAY_4], 4) && gateway_is_right(&l->gateways[NETF_GATEWAY_6], 6);
}

int
netf_check(const struct netf *f, size_t size, struct err *e)
{
	if (size < netf_size(0) || memcmp(f->magic, NETF_MAGIC, sizeof f->magic) != 0)
		return err_set(e, 0, "this is no file of links");
	if (f->version != NETF_VERSION)
		return err_set(e, 0, "its version is %u, this ingot-net reads %u: they are of two builds", f->version, NETF_VERSION);
	if (f->n_links > NETF_LINKS || size != netf_size(f->n_links))
		return err_set(e, 0, "%u links do not take %zu bytes: it was cut, or added to", f->n_links, size);
	if (f->crc != netf_crc(f, size))
		return err_set(e, 0, "its checksum is wrong: it was damaged");
	for (uint32_t i = 0; i < f->n_links; i++)
		if (!link_is_right(&f->links[i]))
			return err_set(e, 0, "link %u is out of bounds", i);
	return 0;
}
