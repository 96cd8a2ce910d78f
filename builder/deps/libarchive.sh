# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree, after zlib, xz-utils and libzstd. The autotools' shipped results are kept.
export CPPFLAGS="-I$deps/include" LDFLAGS="-L$deps/lib" LIBS=-lpthread
./configure --quiet --disable-shared --enable-static --disable-acl --disable-bsdtar --disable-bsdcpio --disable-bsdcat \
	--without-bz2lib --without-lz4 --without-lzo2 --without-libb2 --without-iconv --without-cng --without-mbedtls \
	--without-nettle --without-openssl --without-xml2 --without-expat --without-libiconv-prefix
make -j"$jobs" libarchive.la AUTOCONF=: AUTOMAKE=: ACLOCAL=: AUTOHEADER=:
grep -q '^#define HAVE_LIBZ 1' config.h
grep -q '^#define HAVE_LIBLZMA 1' config.h
grep -q '^#define HAVE_LIBZSTD 1' config.h
cp .libs/libarchive.a "$deps/lib/"
cp libarchive/archive.h libarchive/archive_entry.h "$deps/include/"
