# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree. Eight files and four constants: faster than bootstrapping its configure.
constant()
{
	sed -n "s/^m4_define(\[YAML_$1\], *\([0-9][0-9]*\))/\1/p" configure.ac
}
major=$(constant MAJOR) minor=$(constant MINOR) patch=$(constant PATCH)
[ -n "$major" ] && [ -n "$minor" ] && [ -n "$patch" ]
$CC $CFLAGS -Iinclude -DYAML_VERSION_MAJOR="$major" -DYAML_VERSION_MINOR="$minor" -DYAML_VERSION_PATCH="$patch" \
	-DYAML_VERSION_STRING="\"$major.$minor.$patch\"" -c src/*.c
rm -f libyaml.a
ar rcD libyaml.a ./*.o
cp libyaml.a "$deps/lib/"
cp include/yaml.h "$deps/include/"
