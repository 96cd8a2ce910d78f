# SPDX-License-Identifier: MIT
# awk -f config.awk Kconfig .config: prints config.h. Every symbol of Kconfig is defined as CFG_X: a bool as 0 or 1, so
# that code says if (CFG_X) and both branches are always compiled.
FNR == 1 { file++ }
file == 1 && $1 == "config" { order[++count] = $2; value["CONFIG_" $2] = "0" }
file == 2 && /^CONFIG_/ {
	at = index($0, "=")
	value[substr($0, 1, at - 1)] = substr($0, at + 1)
}
END {
	print "/* Written from build/.config: change it with make menuconfig. */"
	for (i = 1; i <= count; i++) {
		v = value["CONFIG_" order[i]]
		print "#define CFG_" order[i] " " (v == "y" ? 1 : v == "n" ? 0 : v)
	}
}
