#!/bin/sh
# SPDX-License-Identifier: MIT
# What busybox's udhcpc calls at each change of the lease, with the lease in its environment. The first lease is said to
# PID 1 on descriptor 9: udhcpc takes 3 and 4 for itself.
export PATH=/usr/sbin:/usr/bin

set_resolver()
{
	{
		[ -z "$domain" ] || echo "search $domain"
		for server in $dns; do
			echo "nameserver $server"
		done
	} >/run/resolv.conf.new
	mv /run/resolv.conf.new /run/resolv.conf
}

case $1 in
deconfig)
	ip addr flush dev "$interface"
	ip link set "$interface" up
	;;
bound | renew)
	# only a changed address makes way: taking the same one away would take every connection's route along
	case $(ip -4 addr show dev "$interface") in
	*" $ip/${mask:-24} "*) ;;
	*) ip addr flush dev "$interface" ;;
	esac
	ip addr replace "$ip/${mask:-24}" dev "$interface"
	for gateway in $router; do
		ip route replace default via "$gateway" dev "$interface"
		break
	done
	set_resolver
	echo "$interface: $ip from $serverid"
	[ "$1" = renew ] || echo >&9
	;;
esac
