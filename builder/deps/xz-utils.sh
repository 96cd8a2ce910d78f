# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree. Debian's patches touch inputs of the autotools: the shipped results are kept.
./configure --quiet --disable-shared --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
	--disable-lzma-links --disable-scripts --disable-doc --disable-nls
make -j"$jobs" -C src/liblzma AUTOCONF=: AUTOMAKE=: ACLOCAL=: AUTOHEADER=:
cp src/liblzma/.libs/liblzma.a "$deps/lib/"
cp -R src/liblzma/api/lzma src/liblzma/api/lzma.h "$deps/include/"
