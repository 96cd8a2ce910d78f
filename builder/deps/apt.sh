# SPDX-License-Identifier: MIT
# Sourced. Runs apt-get with the machine's mirrors, keys and proxies but private state: needs no root and leaves
# the machine's own lists, cache and hooks alone. Sets and uses: APT_STATE, a folder (absolute path).

# One-line lists and deb822 files both become deb-src entries below $APT_STATE/sources.
apt_sources()
{
	rm -rf "$APT_STATE/sources"
	mkdir -p "$APT_STATE/sources"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] || continue
		sed -n 's/^[[:space:]]*deb\([[:space:]]\)/deb-src\1/p' "$f" >"$APT_STATE/sources/$(basename "$f" .list).list"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		sed 's/^Types:.*/Types: deb-src/' "$f" >"$APT_STATE/sources/$(basename "$f")"
	done
}

# The file goes in by -c, which apt reads last: only so can it clear hooks that the machine's configuration sets.
apt_init()
{
	mkdir -p "$APT_STATE/lists/partial" "$APT_STATE/cache/archives/partial"
	: >"$APT_STATE/status"
	apt_sources
	cat >"$APT_STATE/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Post-Invoke;
		Dir::State "$APT_STATE";
		Dir::State::Lists "$APT_STATE/lists";
		Dir::State::status "$APT_STATE/status";
		Dir::Cache "$APT_STATE/cache";
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$APT_STATE/sources";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Debug::NoLocking "1";
	END
}

apt_private()
{
	apt-get -q -c "$APT_STATE/apt.conf" "$@"
}

# A third-party mirror without sources makes update fail; what counts is whether any index arrived.
apt_update()
{
	apt_private update || :
	ls "$APT_STATE"/lists/*_Sources* >/dev/null 2>&1
}
