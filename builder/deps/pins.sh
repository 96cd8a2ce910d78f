# SPDX-License-Identifier: MIT
# Sourced. Reads the pins: debian.lock (name, version, sha256 of the .dsc, sha256 of the .debian.tar) and orig.sha256.

# pin_files NAME... prints "sha256  file" of every pinned file of those source packages.
pin_files()
{
	for name_ in "$@"; do
		pin_files_of "$name_"
	done
}

pin_files_of()
{
	awk -v name="$1" '
		$1 == name && FILENAME ~ /debian.lock$/ {
			version = $2
			sub(/^[0-9]+:/, "", version)
			print $3 "  " name "_" version ".dsc"
			print $4 "  " name "_" version ".debian.tar.xz"
		}
		FILENAME ~ /orig.sha256$/ && index($2, name "_") == 1 { print $1 "  " $2 }
	' "$here/debian.lock" "$here/orig.sha256"
}

pin_version()
{
	awk -v name="$1" '$1 == name { print $2 }' "$here/debian.lock"
}

pin_names()
{
	awk '!/^#/ && NF { print $1 }' "$here/debian.lock"
}

# Everything printed on stderr is one line that says what is wrong and how to mend it.
die()
{
	echo "deps: $*" >&2
	exit 1
}
