# SPDX-License-Identifier: MIT
# awk -f config-check.awk Kconfig WANTED .config: kconfig-conf drops unknown symbols and impossible values silently;
# this says which, and exits 1 if there was one.
function symbol(line)
{
	if (line ~ /^# CONFIG_[A-Z0-9_]+ is not set/) {
		split(line, word, " ")
		return word[2]
	}
	return line ~ /^CONFIG_[A-Z0-9_]+=/ ? substr(line, 1, index(line, "=") - 1) : ""
}

function setting(line)
{
	return line ~ /^#/ ? "n" : substr(line, index(line, "=") + 1)
}

FNR == 1 { file++ }
file == 1 && $1 == "config" { known["CONFIG_" $2] = 1 }
file == 2 && symbol($0) != "" { wanted[symbol($0)] = setting($0); line[symbol($0)] = FILENAME ":" FNR }
file == 3 && symbol($0) != "" { got[symbol($0)] = setting($0) }
END {
	for (name in wanted) {
		if (!(name in known))
			print line[name] ": " name ": unknown symbol" > "/dev/stderr"
		else if (wanted[name] != got[name] && !(wanted[name] == "n" && !(name in got)))
			print line[name] ": " name ": " wanted[name] " is out of range or has unmet dependencies," \
				" now " (name in got ? got[name] : "n") > "/dev/stderr"
		else
			continue
		bad = 1
	}
	exit bad
}
