#!/bin/sh
# SPDX-License-Identifier: MIT
# fresh-root.sh [run|test]: clones HEAD into a new Debian 12 that holds git, make, ca-certificates and apt only.
# run (default): `make run` there must serve nginx's page on 127.0.0.1:PORT and end in order on SIGTERM to make.
# test: `make test` there must pass. Needs root (or a user namespace with chroot), mmdebstrap, curl.
set -eu
umask 022
verb=${1:-run}
PORT=${PORT:-8080}
DEADLINE=${DEADLINE:-1500}
top=$(cd "$(dirname "$0")/.." && pwd)

fail()
{
	echo "fresh-root: $*" >&2
	exit 1
}

# First process of the new pid and mount namespace: its end ends every process and every mount. make is its child, since
# a first process cannot end by a signal as make does; SIGTERM is passed on.
if [ "$verb" = --inside ]; then
	root=$3
	for node in null zero full random urandom; do
		[ -e "$root/dev/$node" ] || touch "$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mkdir -p "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
	ln -sf pts/ptmx "$root/dev/ptmx"
	mount -t tmpfs tmpfs "$root/dev/shm"
	mount -t tmpfs tmpfs "$root/tmp"
	mount -t proc proc "$root/proc"
	chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		make -C /root/ingot "$2" PORT="$PORT" </dev/null &
	make=$!
	trap 'kill -TERM $make' TERM
	wait $make && status=0 || status=$?
	while kill -0 $make 2>/dev/null; do
		wait $make && status=0 || status=$?
	done
	exit "$status"
fi

[ "$(id -u)" = 0 ] || fail "needs root; mend: sudo tests/fresh-root.sh"
for tool in mmdebstrap curl unshare git; do
	command -v "$tool" >/dev/null || fail "$tool is missing; mend: make setup-test"
done
mkdir -p "$top/build"
work=$(mktemp -d "$top/build/fresh-root.XXXXXX")
root=$work/root
log=$work.log
unshare_pid=

# --kill-child ends the namespace with unshare, so killing it is enough; mounts live in that namespace only.
cleanup()
{
	[ -z "$unshare_pid" ] || kill -KILL "$unshare_pid" 2>/dev/null || :
	wait || :
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# The machine's mirrors for this release, as entries of its own: Debian's only, not what was added to the machine.
release=bookworm
sources()
{
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		grep -E "^[[:space:]]*deb[[:space:]].*[[:space:]]$release" "$file" || :
	done >"$work/apt/sources.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v RS= -v ORS='\n\n' -v suite="$release" '$0 ~ "Suites:[^\n]*" suite' "$file" \
			>"$work/apt/sources.list.d/$(basename "$file")"
	done
	find "$work/apt" -type f -size 0 -delete
	[ -n "$(find "$work/apt" -type f)" ] || fail "no apt source for $release on this machine"
}

# What reaches the mirrors: proxies and the like, credentials, keyrings, names.
machine_settings()
{
	mkdir -p "$work/apt/sources.list.d" "$work/apt/apt.conf.d"
	sources
	apt-config dump | grep '^Acquire::' >"$work/apt/apt.conf.d/90machine" || :
	for item in auth.conf auth.conf.d trusted.gpg trusted.gpg.d; do
		[ ! -e "/etc/apt/$item" ] || cp -Rp "/etc/apt/$item" "$work/apt/"
	done
}

make_root()
{
	mirrors=$(find "$work/apt" -name 'sources.list' -o -name '*.sources' | sort)
	# shellcheck disable=SC2086
	mmdebstrap --quiet --variant=apt --include=git,make,ca-certificates --aptopt="$work/apt/apt.conf.d/90machine" \
		"$release" "$root" $mirrors >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		fail "mmdebstrap cannot make a root"
	}
	rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
	cp -Rp "$work/apt/." "$root/etc/apt/"
	mkdir -p "$root/usr/share/keyrings"
	cp -n /usr/share/keyrings/*.gpg /usr/share/keyrings/*.asc "$root/usr/share/keyrings/" 2>/dev/null || :
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || :
	git clone --quiet "file://$top" "$root/root/ingot"
}

start()
{
	unshare --mount --pid --fork --kill-child --propagation private "$0" --inside "$1" "$root" >"$log" 2>&1 &
	unshare_pid=$!
}

# unshare's one child, the script's --inside part.
first_process()
{
	ps -o pid= --ppid "$unshare_pid" | tr -d ' '
}

page_served()
{
	curl --silent --fail --max-time 5 "http://127.0.0.1:$PORT/" | grep -qi nginx
}

# Polls COMMAND once a second up to SECONDS while make lives.
until_deadline()
{
	left=$1
	shift
	while ! "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		kill -0 "$unshare_pid" 2>/dev/null || return 1
		sleep 1
	done
}

ended()
{
	! kill -0 "$unshare_pid" 2>/dev/null
}

say()
{
	echo "fresh-root: $(($(date +%s) - began)) s: $*"
}

began=$(date +%s)
machine_settings
make_root
say "new root of $(du -sm "$root" | cut -f1) MB, $(git -C "$root/root/ingot" rev-parse --short HEAD) cloned"

case $verb in
test)
	start test
	wait "$unshare_pid" && status=0 || status=$?
	unshare_pid=
	tail -n 20 "$log"
	[ "$status" = 0 ] || fail "make test ended $status; whole log: $log"
	say "make test passes"
	;;
run)
	! page_served || fail "port $PORT is taken; mend: PORT=8081 tests/fresh-root.sh"
	start run
	until_deadline "$DEADLINE" page_served || {
		tail -n 40 "$log" >&2
		fail "no page at port $PORT; whole log: $log"
	}
	say "nginx's page is served on port $PORT"
	kill -TERM "$(first_process)"
	until_deadline 60 ended || ended || fail "make run still runs 60 s after SIGTERM"
	wait "$unshare_pid" && status=0 || status=$?
	unshare_pid=
	# make waits for ingot and then ends by the signal it was sent: 143. Anything else is ingot's failure.
	tail -n 5 "$log"
	case $status in
	0 | 143) say "make run ended in order" ;;
	*) fail "make run ended $status; whole log: $log" ;;
	esac
	if grep -q '^make.*Error' "$log"; then
		fail "make reported an error; whole log: $log"
	fi
	;;
*)
	fail "usage: fresh-root.sh [run|test]"
	;;
esac
rm -f "$log"
