# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree. SHA-2 is the one file wanted, and it takes nothing from its config.h.
: >config.h
$CC $CFLAGS -O3 -DSHA2_UNROLL_TRANSFORM -I. -Iinclude -c src/sha2.c
rm -f libmd.a
ar rcD libmd.a sha2.o
cp libmd.a "$deps/lib/"
cp include/sha2.h "$deps/include/"
