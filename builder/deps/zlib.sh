# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree.
./configure --static
make -j"$jobs" libz.a
cp libz.a "$deps/lib/"
cp zlib.h zconf.h "$deps/include/"
