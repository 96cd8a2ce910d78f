# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree. No configure is shipped: these are the five answers it would find.
sed -e 's/@json_inline@/inline/' -e 's/@json_have_long_long@/1/' -e 's/@json_have_localeconv@/1/' \
	-e 's/@json_have_atomic_builtins@/1/' -e 's/@json_have_sync_builtins@/1/' \
	src/jansson_config.h.in >src/jansson_config.h
! grep -n '@json' src/jansson_config.h
: >src/jansson_private_config.h
$CC $CFLAGS -Isrc -DHAVE_STDINT_H=1 -DHAVE_UNISTD_H=1 -DHAVE_SYS_TIME_H=1 -DHAVE_SYS_TYPES_H=1 -DHAVE_FCNTL_H=1 \
	-DHAVE_SCHED_YIELD=1 -DHAVE_GETPID=1 -DHAVE_GETTIMEOFDAY=1 -DHAVE_OPEN=1 -DHAVE_READ=1 -DHAVE_CLOSE=1 \
	-DHAVE_SNPRINTF=1 -DHAVE_STRTOLL=1 -DUSE_URANDOM=1 -DHAVE_LOCALECONV=1 -DHAVE_ATOMIC_BUILTINS=1 \
	-DHAVE_SYNC_BUILTINS=1 -c src/*.c
rm -f libjansson.a
ar rcD libjansson.a ./*.o
cp libjansson.a "$deps/lib/"
cp src/jansson.h src/jansson_config.h "$deps/include/"
