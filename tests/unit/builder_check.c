/* SPDX-License-Identifier: MIT
 *
 * builder/check.c and project.c: what must hold between values. Names that do not resolve, users and ports that clash,
 * needs that go in a circle (also 8,000 deep, which is as much as one file can say), memory limits beyond the budget,
 * state where it cannot be; and all errors of one file in one run.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVICE(rest) IMAGE_HEAD "services:\n  a: {command: [/bin/a], limits: {memory: 8M}, " rest "}\n"

static void
says(const char *yaml, const char *message)
{
	char *said = load_wrong(yaml);

	assert_has(said, message);
	free(said);
}

TEST(a_right_file_is_right)
{
	assert_right(IMAGE_HEAD);
	assert_right(SERVICE("needs: []"));
	assert_right(IMAGE_HEAD "users: [{name: u, uid: 5}]\n"
				"services:\n  a: {command: [/bin/a], limits: {memory: 8M}, user: u, recipes: [base]}\n"
				"jobs:\n  j: {command: [/bin/a], limits: {memory: 8M}, schedule: {every: 1m}, needs: [a]}\n");
}

TEST(recipes_are_found_or_said)
{
	says(IMAGE_HEAD "recipes: [nothere]\n", "image.yml:3:11: no recipe `nothere`: looked for nothere.yml in ./recipes");
	says("image: t\nkernel: {recipe: base}\n", "image.yml:2:18: the recipe `base` holds no kernel");
	says("image: t\nkernel: {recipe: gone}\n", "image.yml:2:18: no recipe `gone`");
	says(SERVICE("recipes: [gone, gone]"), "image.yml:4:58: no recipe `gone`");
	write_text("recipes/k2.yml", "recipe: k2\nkernel: {package: p}\nsources: [{dir: {to: /x}}]\n");
	says(IMAGE_HEAD "recipes: [k2]\n",
	     "recipes/k2.yml:2:9: this recipe is a kernel's, and can only stand in `kernel: {recipe: k2}`");
	says("image: t\nkernel: {recipe: k2}\n", "recipes/k2.yml:3:10: a kernel's recipe brings no files");
	write_text("recipes/other.yml", "recipe: another\n");
	says(IMAGE_HEAD "recipes: [other]\n", "recipes/other.yml:1:9: this recipe must be named `other`, as its file is");
	write_text("recipes/list.yml", "- a\n");
	says(IMAGE_HEAD "recipes: [list]\n", "recipes/list.yml:1:1: a recipe must be a mapping");
	write_text("recipes/folder/recipe.yml", "recipe: folder\nsources: [{dir: {too: /x}}]\n");
	says(IMAGE_HEAD "recipes: [folder]\n", "recipes/folder/recipe.yml:2:18: unknown key `too`: did you mean `to`?");
}

#define STEP(rest) \
	IMAGE_HEAD "sources:\n  - build: {tools: [gcc], command: [/bin/sh], outputs: [{from: /out/a, to: /a}]" rest "}\n"
#define INPUT(rest) STEP(", inputs: [{" rest "}]")

TEST(build_steps_take_from_where_they_have_room)
{
	assert_right(STEP(""));
	assert_right(INPUT("debian-source: {package: busybox, to: /in}"));
	assert_right(INPUT("text: {content: x, to: /outer/a}"));
	says(INPUT("text: {content: x, to: /out/a}"),
	     "image.yml:4:115: /out/a cannot hold an input: the step has an empty /out of its own; use /in");
	says(INPUT("debian-source: {package: busybox, to: /build}"), "/build cannot hold an input");
	says(INPUT("file: {path: gone, to: /in/a}"), "image.yml:4:105: no file gone");
	says(INPUT("link: {target: a, to: /in/a}, dir: {to: /in/b}"), "image.yml:4:91: an input is exactly one of");
	says(INPUT(""), "an input is exactly one of debian-source, file");
	says(INPUT("override: true"), "unknown key `override`");
	says(INPUT("busybox: {}"), "unknown key `busybox`");
	says(INPUT("build: {}"), "unknown key `build`");
	says(IMAGE_HEAD "sources: [{build: {tools: [a], command: [sh], outputs: [{from: /out/a, to: /a}]}}]\n",
	     "image.yml:3:41: `command` must begin with an absolute path");
	says(IMAGE_HEAD "sources: [{build: {tools: [a], command: [/sh], outputs: [{from: /build/a, to: /a}]}}]\n",
	     "image.yml:3:65: an output lies in /out, such as /out/prog, not /build/a");
	says(IMAGE_HEAD "sources: [{build: {tools: [], command: [/sh], outputs: []}}]\n", "`tools` is empty");
	says(IMAGE_HEAD "sources: [{build: {tools: [], command: [/sh], outputs: []}}]\n", "`outputs` is empty");
	says(IMAGE_HEAD "sources: [{build: {tools: [a]}}]\n", "`command` is missing");
}

TEST(a_missing_recipe_is_said_once)
{
	char *said = load_wrong(IMAGE_HEAD "recipes: [gone]\nservices:\n"
					   "  a: {command: [/a], limits: {memory: 1M}, recipes: [gone]}\n"
					   "  b: {command: [/a], limits: {memory: 1M}, recipes: [gone]}\n");

	assert_int_equal(occurrences(said, "no recipe `gone`"), 1);
	free(said);
}

TEST(outputs_are_named_or_left_out)
{
	says(IMAGE_HEAD "outputs: []\n", "image.yml:3:10: `outputs` is empty: write [initramfs], or leave it out");
	assert_right(IMAGE_HEAD "outputs: [initramfs]\n");
	assert_right(IMAGE_HEAD "outputs: [initramfs, tar]\n");
	says(IMAGE_HEAD "outputs: [oci]\n", "image.yml:3:10: `oci` holds the services and jobs, and this image has none");
}

TEST(an_image_is_a_mapping)
{
	says("- a\n", "image.yml:1:1: an image file must be a mapping");
	says("just text\n", "an image file must be a mapping");
}

TEST(sources_are_one_thing_that_exists)
{
	says(IMAGE_HEAD "sources: [{}]\n", "image.yml:3:11: a source is exactly one of debian, file");
	says(IMAGE_HEAD "sources: [{dir: {to: /a}, link: {to: /b, target: c}}]\n", "a source is exactly one of");
	says(IMAGE_HEAD "sources: [{file: {path: gone, to: /a}}]\n", "image.yml:3:25: no file gone");
	says(IMAGE_HEAD "sources: [{file: {path: recipes, to: /a}}]\n", "no file recipes");
	says(IMAGE_HEAD "sources: [{folder: {path: image.yml, to: /a}}]\n", "image.yml:3:27: no folder image.yml");
	says(IMAGE_HEAD "sources: [{debian: {packages: []}}]\n", "`packages` is empty");
	says(IMAGE_HEAD "sources: [{debian: {packages: [a], exclude: [usr/share]}}]\n",
	     "image.yml:3:45: `exclude` holds absolute paths, such as /usr/share/doc, not `usr/share`");
	says(IMAGE_HEAD "sources: [{debian: {packages: [a], exclude: [/]}}]\n", "`exclude` holds absolute paths");
	says(SERVICE("sources: [{file: {path: gone, to: /a}}]"), "image.yml:4:72: no file gone");
}

TEST(users_are_declared_once)
{
	says(IMAGE_HEAD "users: [{name: u, uid: 5}, {name: u, uid: 6}]\n", "image.yml:3:35: the user `u` is declared twice");
	says(IMAGE_HEAD "users: [{name: u, uid: 5}, {name: v, uid: 5}]\n", "image.yml:3:43: uid 5 is `u`'s already");
	says(IMAGE_HEAD "users: [{name: root, uid: 5}]\n", "`root` is there already");
	says(SERVICE("user: nobody"),
	     "image.yml:4:54: no user `nobody`: declare it under `users: [{name: nobody, uid: 10001}]`");
	says(SERVICE("user: root"), "no service runs as root");
	says(SERVICE("user: \"0\""), "no service runs as root");
	says(IMAGE_HEAD "users: [{name: www, uid: 5}]\nservices:\n  a: {command: [/a], limits: {memory: 1M}, user: wwww}\n",
	     "no user `wwww`: did you mean `www`?");
}

TEST(names_clash)
{
	says(SERVICE("needs: []") "jobs:\n  a: {command: [/a], limits: {memory: 1M}, schedule: {every: 1m}}\n",
	     "image.yml:6:6: a service is named `a` as well as this job");
	says(IMAGE_HEAD "services:\n  dhcp: {command: [/a], limits: {memory: 1M}}\n", "the name `dhcp` is the machine's own");
	says(IMAGE_HEAD "services:\n  root: {command: [/a], limits: {memory: 1M}}\n", "the name `root` is the machine's own");
}

TEST(ports_clash)
{
	static const char two[] = IMAGE_HEAD
		"services:\n"
		"  a: {command: [/a], limits: {memory: 1M}, network: {mode: machine, ports: [{machine: 80}]}}\n"
		"  b: {command: [/a], limits: {memory: 1M}, network: {mode: machine, ports: [{machine: 81}, {machine: 80%s}]}}\n";
	char yaml[512];

	snprintf(yaml, sizeof yaml, two, "");
	assert_only_error(yaml, "image.yml:5:92: port 80 of the machine is `a`'s already, in line 4");
	snprintf(yaml, sizeof yaml, two, ", protocol: udp");
	assert_right(yaml);
	says(SERVICE("network: {ports: [{machine: 80}]}"), "ports without a network: write `mode: machine` beside them");
	says(IMAGE_HEAD "run: {forward: [{host: 80, machine: 1}, {host: 80, machine: 2}]}\n",
	     "image.yml:3:41: port 80 of the host is forwarded twice");
}

TEST(every_forward_counts)
{
	char yaml[4096] = IMAGE_HEAD "run:\n  forward:\n";

	for (int i = 0; i < 33; i++)
		snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "    - {host: %d, machine: 80}\n", 8000 + i);
	says(yaml, "image.yml:37:7: more than 32 ports are forwarded");
}

TEST(limits_fit_the_budget)
{
	static const char yaml[] = IMAGE_HEAD "budget: {memory: %dM}\nservices:\n"
					      "  a: {command: [/a], limits: {memory: 40M}}\n"
					      "  b: {command: [/a], limits: {memory: 24M}}\n";
	char text[512];

	snprintf(text, sizeof text, yaml, 64);
	assert_right(text);
	snprintf(text, sizeof text, yaml, 63);
	assert_only_error(text,
			  "image.yml:3:18: the services' memory limits add up to 65536K, the machine has 64512K (budget.memory)");
	says(IMAGE_HEAD "services:\n  a: {command: [/a], limits: {memory: 17179869183G}}\n"
			"  b: {command: [/a], limits: {memory: 17179869183G}}\n", "memory limits add up");
}

/* They were taken and had no effect. */
TEST(what_has_no_effect_is_refused)
{
	says(IMAGE_HEAD "outputs: []\n", "image.yml:3:10: `outputs` is empty");
	says(IMAGE_HEAD "network: {links: [{dhcp: true, gateway: 10.0.0.1}]}\n", "come from the DHCP server");
	says(IMAGE_HEAD "sources: [{debian: {packages: [a], exclude: [\"/\"]}}]\n", "`exclude` holds absolute paths");
	says(IMAGE_HEAD "sources: [{debian: {packages: [a], exclude: [doc]}}]\n", "`exclude` holds absolute paths");
	says(SERVICE("state: [{path: /run/mine, size: 1M}]"), "/run/mine cannot be state: /run is made at each start");
	says(IMAGE_HEAD "services: {root: {command: [/a], limits: {memory: 1M}}}\n", "the name `root` is the machine's own");
}

TEST(commands_are_absolute)
{
	says(IMAGE_HEAD "services:\n  a: {command: [nginx], limits: {memory: 1M}}\n",
	     "image.yml:4:16: `command` must begin with an absolute path");
	says(IMAGE_HEAD "services:\n  a: {command: [], limits: {memory: 1M}}\n", "`command` must begin");
}

TEST(lists_that_the_machine_cannot_hold_are_refused)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(IMAGE_HEAD "services:\n  a:\n    limits: {memory: 1M}\n    command: [/a", f);
	for (int i = 0; i < 255; i++)
		fprintf(f, ", w%d", i);
	fputs("]\n    env: {A: 0", f);
	for (int i = 0; i < 255; i++)
		fprintf(f, ", N%d: x", i);
	fputs("}\n", f);
	fclose(f);
	says(text, "image.yml:6:14: `command` has more than 255 words");
	says(text, "image.yml:7:10: `env` has more than 255 entries");
	free(text);
}

TEST(readiness_makes_sense)
{
	says(SERVICE("ready: {tcp: 80}"), "image.yml:4:61: nothing can reach port 80 of a service without a network");
	says(SERVICE("network: {mode: machine}, ready: {tcp: 80, fd: 3}"),
	     "`ready` is one of tcp, http, file, exec, fd, exit and notify");
	says(SERVICE("ready: {timeout: 5s}"), "image.yml:4:55: `ready` needs tcp, http, file, exec, fd, `exit: true` or");
	says(SERVICE("ready: {http: {port: 8080}}"), "nothing can reach port 8080 of a service without a network");
	says(SERVICE("network: {mode: machine}, ready: {http: {port: 8080, path: health}}"), "`path` begins with a slash");
	says(SERVICE("network: {mode: machine}, ready: {http: {port: 8080, path: '/a b'}}"), "`path` begins with a slash");
	says(SERVICE("ready: {exec: [check]}"), "`exec` must begin with an absolute path");
	says(SERVICE("ready: {exec: []}"), "`exec` must begin with an absolute path");
	says(SERVICE("ready: {notify: true}, env: {NOTIFY_SOCKET: /x}"), "NOTIFY_SOCKET is set by `notify`");
	assert_right(SERVICE("ready: {notify: true}"));
	assert_right(SERVICE("ready: {file: /run/ready}"));
	assert_right(SERVICE("network: {mode: machine}, ready: {http: {port: 8080}}"));
	says(SERVICE("restart: {backoff: {first: 60s}}"), "`max` is below `first`");
}

TEST(health_makes_sense)
{
	says(SERVICE("health: {every: 5s}"), "`health` needs tcp, http, file, exec or notify");
	says(SERVICE("network: {mode: machine}, health: {tcp: 8080, exec: [/x]}"),
	     "`health` is one of tcp, http, file and exec");
	says(SERVICE("health: {notify: 5s, failures: 2}"), "`notify` alone has none");
	says(SERVICE("health: {tcp: 8080}"), "nothing can reach port 8080 of a service without a network");
	says(SERVICE("health: {file: {age: 5s}}"), "path");
	says(SERVICE("health: {exec: [x]}"), "`exec` must begin with an absolute path");
	says(SERVICE("ready: {exit: true}, health: {exec: [/x]}"), "is never up, and has no health");
	says(SERVICE("health: {notify: 5s}, env: {WATCHDOG_USEC: 1}"), "WATCHDOG_USEC is set by `notify`");
	assert_right(SERVICE("health: {notify: 5s, file: {path: /run/beat, age: 10s}, action: none}"));
}

TEST(restarts_make_sense)
{
	says(SERVICE("restart: {policy: never, limit: 3}"), "`policy: never` that it is not");
	says(SERVICE("restart: {signals: [SEVG]}"), "did you mean `SEGV`?");
	says(SERVICE("ready: {exit: true}, restart: {policy: always}"), "is not restarted always: on-failure or never");
	assert_right(SERVICE("ready: {exit: true}"));
	assert_right(SERVICE("restart: {signals: [SEGV, BUS], limit: 3, healthy: 5s}, on-failure: reboot"));
}

#define JOB(keys) IMAGE_HEAD "jobs:\n  j: {command: [/x], limits: {memory: 8M}, " keys "}\n"

TEST(schedules_make_sense)
{
	says(JOB("schedule: {}"), "`schedule` needs either `every` or `calendar`");
	says(JOB("schedule: {every: 5m, calendar: '@daily'}"), "`schedule` needs either `every` or `calendar`");
	says(JOB("schedule: {calendar: '0 25 * * *'}"), "`calendar`: the hour in `25 * * *`");
	says(JOB("schedule: {every: 5m, jitter: 5m}"), "`jitter` is not shorter than `every`");
	says(JOB("schedule: {every: 5m}, missed: once"), "leave `missed` out");
	says(JOB("schedule: {every: 5m}, retries: {backoff: {first: 1s}}"), "`retries` needs a `count`");
	says(JOB("schedule: {every: 5m}, retries: {count: 2, backoff: {first: 60s}}"), "`max` is below `first`");
	says(IMAGE_HEAD "timezone: Europe/Berlin\n", "is not a POSIX time zone");
	assert_right(JOB("schedule: {calendar: '@daily', jitter: 2h, late: 1h}, overlap: queue, missed: once"));
}

TEST(wants_name_what_is_there)
{
	says(SERVICE("wants: [dbb]"), "wants `dbb`, which is no service and no job");
	says(IMAGE_HEAD "services:\n  a: {command: [/a], limits: {memory: 8M}, wants: [b]}\n"
			"  b: {command: [/b], limits: {memory: 8M}, needs: [a]}\n",
	     "the needs go in a circle: a -> b -> a");
	says(IMAGE_HEAD "services:\n  a: {command: [/a], limits: {memory: 8M}, wants: [b], needs: [b]}\n"
			"  b: {command: [/b], limits: {memory: 8M}}\n", "`b` stands in `needs` already");
	says(IMAGE_HEAD "services:\n  a: {command: [/a], limits: {memory: 8M}, wants: [b, b]}\n"
			"  b: {command: [/b], limits: {memory: 8M}}\n", "`b` stands twice in `wants`");
}

TEST(state_is_where_it_can_be)
{
	says(SERVICE("state: [{path: /tmp, size: 1M}]"), "image.yml:4:63: /tmp cannot be state: /tmp is made at each start");
	says(SERVICE("state: [{path: /proc/x, size: 1M}]"), "/proc/x cannot be state");
	says(SERVICE("state: [{path: /dev/shm, size: 1M}]"), "/dev/shm cannot be state");
	says(SERVICE("state: [{path: /run/x, size: 1M}]"), "/run/x cannot be state: /run is made at each start");
	says(SERVICE("state: [{path: /, size: 1M}]"), "/ cannot be state");
	says(SERVICE("state: [{path: /var/x, size: 1M}, {path: /var/x, size: 1M}]"), "/var/x and /var/x lie in each other");
	says(SERVICE("state: [{path: /var/x, size: 1M}, {path: /var/x/y, size: 1M}]"),
	     "/var/x/y and /var/x lie in each other");
	says(SERVICE("state: [{path: /var/x/y, size: 1M}, {path: /var/x, size: 1M}]"),
	     "/var/x and /var/x/y lie in each other");
	assert_right(SERVICE("state: [{path: /var/x, size: 1M}, {path: /var/xy, size: 1M}, {path: /tmpx, size: 1M}]"));
}

TEST(logs_go_where_they_can)
{
#define LOGS(image, service) \
	IMAGE_HEAD image "services:\n  a: {command: [/a], limits: {memory: 8M}, logs: {" service "}}\n"
#define DISK "state: {}\n"
	says(LOGS("logs: {where: state}\n", ""), "image.yml:3:15: there is no state disk to keep logs on: write `state: {}`");
	says(LOGS("", "where: state"), "there is no state disk to keep logs on");
	says(LOGS("logs: {size: 2M}\n", ""), "`size` is of logs on the state disk: write `where: state` too");
	says(LOGS(DISK, "size: 2M"), "`size` is of logs on the state disk");
	says(LOGS(DISK "logs: {where: state}\n", "where: memory, size: 2M"), "`size` is of logs on the state disk");
	says(LOGS("logs: {where: state, size: 63K}\n", ""), "size");
	says(LOGS("logs: {forward: syslog}\n", ""), "nobody listens: write `syslog: {address: 192.0.2.1}` too");
	says(LOGS("", "forward: syslog"), "nobody listens");
	says(LOGS("logs: {syslog: {address: 10.0.0.1}}\n", ""), "nothing is sent there: write `forward: syslog` too");
	says(LOGS("logs: {forward: journal}\n", ""), "forward");
	says(LOGS("", "syslog: {address: 10.0.0.1}"), "unknown key `syslog`");
	assert_right(LOGS("logs: {size: 1M}\n", ""));
	assert_right(LOGS(DISK "logs: {size: 2M}\n", "where: state"));
	assert_right(LOGS(DISK "logs: {where: state, forward: console}\n", "size: 64K, forward: none"));
	assert_right(LOGS("logs: {syslog: {address: 10.0.0.1, port: 6514}}\n", "forward: syslog"));
}

TEST(links_are_static_or_dhcp)
{
	says(IMAGE_HEAD "network: {links: [{name: eth0}]}\n",
	     "image.yml:3:19: a link needs either `dhcp: true` or an `address`");
	says(IMAGE_HEAD "network: {links: [{dhcp: true, address: 10.0.0.1}]}\n", "a link needs either");
	says(IMAGE_HEAD "network: {links: [{name: sixteencharacter, dhcp: true}]}\n", "1 to 15 characters");
	says(IMAGE_HEAD "network: {links: [{name: \"\", dhcp: true}]}\n", "1 to 15 characters");
	says(IMAGE_HEAD "network: {links: [{dhcp: true, prefix: 8}]}\n", "prefix and gateway come from the DHCP server");
	says(IMAGE_HEAD "network: {links: [{dhcp: true, gateway: 10.0.0.1}]}\n",
	     "prefix and gateway come from the DHCP server");
	assert_right(IMAGE_HEAD "network: {links: [{dhcp: true}]}\n");
}

#define LINKS(list) IMAGE_HEAD "network:\n  links:\n" list
#define LINK(rest) LINKS("  - {" rest "}\n")

TEST(links_of_ingot_net_are_right)
{
	assert_right(LINK("name: eth0, addresses: [10.0.0.2/24, \"fd00::2/64\"], gateway: 10.0.0.1, gateway6: \"fe80::1\""));
	assert_right(LINK("mac: \"52:54:00:12:34:56\", dhcp: true, mtu: 1400, dns: [10.0.0.53, \"fd00::53\"]"));
	assert_right(LINK("driver: virtio_net, dhcp: true, optional: true"));
	assert_right(LINK("any: true, dhcp: true"));
	assert_right(LINK("addresses: [10.0.0.2/32], gateway: 10.9.0.1")); /* as some clouds have it */
	assert_right(LINK("address: 10.0.0.2, optional: true, gateway: 10.0.0.1"));
	assert_right(LINK("dhcp: true, addresses: [\"fd00::2/64\"], gateway6: \"fd00::1\""));
	assert_right(LINKS("  - {name: eth0}\n  - {name: v, vlan: {of: eth0, id: 4094}, dhcp: true}\n"));
	assert_right(LINKS("  - {name: eth0, dhcp: true}\n  - {name: eth1, dhcp: true}\n"));
	assert_right(IMAGE_HEAD "network: {service: {critical: false}, links: [{dhcp: true}]}\n");
}

TEST(a_link_is_found_in_one_way_and_declared_once)
{
	says(LINK("name: eth0, mac: \"52:54:00:12:34:56\", dhcp: true"),
	     "image.yml:5:5: a link is found by one of `name`, `mac`, `driver` and `any`");
	says(LINK("driver: x, any: true, dhcp: true"), "a link is found by one of");
	says(LINK("mac: \"52:54:00:12:34:5G\", dhcp: true"), "image.yml:5:11: `mac` is six bytes");
	says(LINK("mac: 52-54-00-12-34-56, dhcp: true"), "`mac` is six bytes");
	says(LINK("driver: \"\", dhcp: true"), "a driver's name has 1 to 31 characters");
	says(LINK("name: a/b, dhcp: true, optional: true"), "image.yml:5:12: a link's name has 1 to 15 characters");
	says(LINK("name: lo, addresses: [10.0.0.2/24]"), "lo is the machine's own, and always up");
	says(LINKS("  - {dhcp: true}\n  - {name: eth0, dhcp: true}\n"),
	     "image.yml:6:5: this link is declared in line 5 already");
	says(LINKS("  - {any: true, dhcp: true}\n  - {any: true, dhcp: true}\n"), "is declared in line 5 already");
}

TEST(what_a_link_gets_is_right)
{
	says(LINK("addresses: [10.0.0.2]"), "image.yml:5:17: `addresses` holds such as 10.0.0.2/24 and fd00::2/64, not");
	says(LINK("addresses: [10.0.0.2/33]"), "not `10.0.0.2/33`");
	says(LINK("addresses: [10.0.0.2/024]"), "not `10.0.0.2/024`");
	says(LINK("addresses: [10.0.0.2/0]"), "not `10.0.0.2/0`");
	says(LINK("addresses: [\"fd00::2/129\"]"), "not `fd00::2/129`");
	says(LINK("addresses: [\"fd00:::2/64\"]"), "not `fd00:::2/64`");
	says(LINK("addresses: []"), "a link needs either `dhcp: true` or an `address`");
	says(LINK("addresses: [], mtu: 1500"), "a link needs `dhcp: true` or `addresses`, or a VLAN on it");
	says(LINK("dhcp: true, dns: [ten]"), "`dns` holds such as 10.0.0.53 and fd00::53, not `ten`");
	says(LINK("dhcp: true, gateway6: 10.0.0.1"), "`gateway6` is an IPv6 address such as fd00::1, not");
	says(LINK("addresses: [10.0.0.2/24], gateway: 10.0.1.1"), "`gateway` is in no network of this link's addresses");
	says(LINK("addresses: [10.0.0.2/24], gateway6: \"fd00::1\""), "`gateway6` is in no network of this link's");
	says(LINK("dhcp: true, address: 10.0.0.2, optional: true"), "beside `dhcp: true` write further addresses as");
	says(LINK("dhcp: true, gateway: 10.0.0.1, mtu: 1500"), "prefix and gateway come from the DHCP server");
	says(LINK("dhcp: true, mtu: 67"), "`mtu` must be between 68 and 65535, not 67");
	says(LINK("addresses: [\"fd00::2/64\"], mtu: 1279"), "IPv6 needs an `mtu` of 1280 at least");
	says(LINK("any: true, addresses: [10.0.0.2/24]"), "several links cannot have one address: write `name` or `mac`");
	says(LINK("dhcp: true, dns: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5]"), "a link has at most 4 name servers");
}

TEST(a_vlan_is_on_a_link_before_it)
{
	says(LINK("name: v, vlan: {of: eth0, id: 5}, dhcp: true"),
	     "image.yml:5:26: `of` is the `name` of a link before this one, not `eth0`");
	says(LINKS("  - {name: v, vlan: {of: eth0, id: 5}, dhcp: true}\n  - {name: eth0}\n"), "of a link before this one");
	says(LINKS("  - {name: eth0}\n  - {name: v, vlan: {of: v, id: 5}, dhcp: true}\n"), "of a link before this one");
	says(LINKS("  - {name: eth0}\n  - {vlan: {of: eth0, id: 5}, dhcp: true}\n"), "a VLAN needs a `name`");
	says(LINKS("  - {name: eth0}\n  - {name: v, vlan: {of: eth0, id: 4095}, dhcp: true}\n"), "`id` must be between 1 and");
	says(LINK("name: eth0, vlan: {id: 5}, dhcp: true"), "`of` is missing");
}

TEST(ingot_net_is_a_service_of_the_machine)
{
	const char *a = "services:\n  a: {command: [/bin/a], limits: {memory: 8M}, ";
	char text[512];

	snprintf(text, sizeof text, "%s%sneeds: [net]}\n", LINK("any: true, dhcp: true"), a);
	assert_right(text);
	snprintf(text, sizeof text, "%s%sneeds: [dhcp]}\n", LINK("any: true, dhcp: true"), a);
	says(text, "needs `dhcp`, but ingot-net keeps this machine's links: write `net`");
	snprintf(text, sizeof text, "%s%sneeds: [net]}\n", LINK("dhcp: true"), a);
	says(text, "needs `net`, which is no service and no job");
	says(LINK("any: true, dhcp: true") "services:\n  net: {command: [/bin/a], limits: {memory: 8M}}\n",
	     "the name `net` is the machine's own");
	assert_right(LINK("dhcp: true") "services:\n  net: {command: [/bin/a], limits: {memory: 8M}}\n");
	says(IMAGE_HEAD "network: {service: {critical: true}}\n", "nothing acts on `critical` without a watchdog");
	says(LINK("any: true, dhcp: true") "budget: {memory: 32M}\n"
	     "services:\n  a: {command: [/bin/a], limits: {memory: 24M}}\n",
	     "the services' memory limits with ingot-net's 16M add up to 40960K, the machine has 32768K");
}

TEST(capabilities_that_undo_all_else_are_said_twice)
{
	assert_right(SERVICE("capabilities: [NET_BIND_SERVICE, KILL]"));
	assert_right(SERVICE("capabilities: [BPF, SYS_ADMIN], can-escape-by: [SYS_ADMIN, BPF]"));
	says(SERVICE("capabilities: [SYS_ADMIN]"), "with SYS_ADMIN the service can leave all that isolates it: take it away, "
	     "or write `can-escape-by: [SYS_ADMIN]` as well");
	says(SERVICE("capabilities: [DAC_READ_SEARCH, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, BPF], "
		     "can-escape-by: [DAC_READ_SEARCH, SYS_MODULE, SYS_RAWIO, SYS_PTRACE]"), "with BPF the service");
	says(SERVICE("can-escape-by: [BPF]"), "BPF is none of the service's `capabilities`");
	says(SERVICE("capabilities: [KILL], can-escape-by: [KILL]"), "`KILL`");
	says(SERVICE("capabilities: [NET_BIND_SERVISE]"), "did you mean `NET_BIND_SERVICE`?");
	says(SERVICE("capabilities: [CAP_KILL]"), "`CAP_KILL`");
}

/* ---- needs ---- */

TEST(needs_resolve)
{
	says(SERVICE("needs: [nginx]"), "image.yml:4:55: needs `nginx`, which is no service and no job");
	says(SERVICE("needs: [b]") "  bb: {command: [/a], limits: {memory: 1M}}\n",
	     "needs `b`, which is no service and no job: did you mean `");
}

/* It was taken, and then no table could be made. */
TEST(dhcp_can_be_needed_only_where_it_is)
{
	says(SERVICE("needs: [dhcp]"), "image.yml:4:55: needs `dhcp`, but no link has `dhcp: true`");
	assert_right(IMAGE_HEAD "network: {links: [{dhcp: true}]}\n"
				"services:\n  a: {command: [/a], limits: {memory: 1M}, needs: [dhcp]}\n");
}

TEST(circles_are_named)
{
	assert_only_error(SERVICE("needs: [a]"), "image.yml:4:55: the needs go in a circle: a -> a");
	says(IMAGE_HEAD "services:\n"
			"  a: {command: [/a], limits: {memory: 1M}, needs: [b]}\n"
			"  b: {command: [/a], limits: {memory: 1M}, needs: [c]}\n"
			"  c: {command: [/a], limits: {memory: 1M}, needs: [a]}\n", "the needs go in a circle: a -> b -> c -> a\n");
	says(IMAGE_HEAD "services:\n"
			"  a: {command: [/a], limits: {memory: 1M}, needs: [b]}\n"
			"  b: {command: [/a], limits: {memory: 1M}, needs: [j]}\n"
			"jobs:\n"
			"  j: {command: [/a], limits: {memory: 1M}, schedule: {every: 1m}, needs: [b]}\n", "a circle: b -> j -> b\n");
}

TEST(a_diamond_is_no_circle)
{
	assert_right(IMAGE_HEAD "services:\n"
				"  a: {command: [/a], limits: {memory: 1M}, needs: [b, c]}\n"
				"  b: {command: [/a], limits: {memory: 1M}, needs: [d]}\n"
				"  c: {command: [/a], limits: {memory: 1M}, needs: [d, b]}\n"
				"  d: {command: [/a], limits: {memory: 1M}}\n");
}

/* s0 needs s1 needs s2 ...; the last needs the first where closed. */
static char *
chain(int n, bool closed)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(IMAGE_HEAD "budget: {memory: 100G}\nservices:\n", f);
	for (int i = 0; i < n; i++) {
		fprintf(f, "  s%d: {command: [/a], limits: {memory: 1M}", i);
		if (i < n - 1 || closed)
			fprintf(f, ", needs: [s%d]", (i + 1) % n);
		fputs("}\n", f);
	}
	fclose(f);
	return text;
}

TEST(a_long_chain_is_right_and_a_long_circle_is_not)
{
	char *text = chain(CFG_MAX_SERVICES, false);

	assert_right(text);
	free(text);
	text = chain(CFG_MAX_SERVICES, true);
	char *said = load_wrong(text);
	assert_int_equal(occurrences(said, "\n"), 1);
	assert_has(said, "image.yml:5:52: the needs go in a circle: s0 -> s1 -> s2");
	free(said);
	free(text);
}

/* Deeper than any stack of calls should go, and as much as one file can say. */
TEST(eight_thousand_deep_ends)
{
	char *text = chain(8000, true), *said = load_wrong(text);

	assert_has(said, "8000 services and jobs, but this ingot was configured for ");
	assert_has(said, "the needs go in a circle: s0 -> s1");
	assert_int_equal(occurrences(said, "\n"), 2);
	free(said);
	free(text);
}

TEST(every_error_is_in_one_run)
{
	char *said = load_wrong("image: t\n"
				"kernel: {recipe: kern}\n"
				"hostnam: x\n"
				"users: [{name: u, uid: 5}, {name: u, uid: 5}]\n"
				"services:\n"
				"  a: {command: [a], limits: {memory: 1M}, user: v, needs: [c]}\n"
				"  b: {command: [/a], limits: {memory: 1X}, recipes: [gone]}\n");

	assert_has(said, "image.yml:3:1: unknown key `hostnam`: did you mean `hostname`?\n");
	assert_has(said, "image.yml:4:35: the user `u` is declared twice\n");
	assert_has(said, "image.yml:6:16: `command` must begin with an absolute path");
	assert_has(said, "image.yml:6:49: no user `v`");
	assert_has(said, "image.yml:6:59: needs `c`");
	assert_has(said, "image.yml:7:39: `memory` must be a size");
	assert_has(said, "image.yml:7:54: no recipe `gone`");
	assert_int_equal(occurrences(said, "\n"), 7);
	free(said);
}

TEST(nothing_is_said_twice_of_a_service_that_is_no_mapping)
{
	assert_only_error(IMAGE_HEAD "services:\n  a: [x]\n", "image.yml:4:6: `a` must be a mapping, not a list");
	assert_only_error(IMAGE_HEAD "services:\n  a: x\n", "image.yml:4:6: `a` must be a mapping, not a single value");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_file_is_right),
		cmocka_unit_test(recipes_are_found_or_said),
		cmocka_unit_test(build_steps_take_from_where_they_have_room),
		cmocka_unit_test(a_missing_recipe_is_said_once),
		cmocka_unit_test(outputs_are_named_or_left_out),
		cmocka_unit_test(an_image_is_a_mapping),
		cmocka_unit_test(sources_are_one_thing_that_exists),
		cmocka_unit_test(users_are_declared_once),
		cmocka_unit_test(names_clash),
		cmocka_unit_test(ports_clash),
		cmocka_unit_test(every_forward_counts),
		cmocka_unit_test(limits_fit_the_budget),
		cmocka_unit_test(what_has_no_effect_is_refused),
		cmocka_unit_test(commands_are_absolute),
		cmocka_unit_test(lists_that_the_machine_cannot_hold_are_refused),
		cmocka_unit_test(readiness_makes_sense),
		cmocka_unit_test(health_makes_sense),
		cmocka_unit_test(restarts_make_sense),
		cmocka_unit_test(schedules_make_sense),
		cmocka_unit_test(wants_name_what_is_there),
		cmocka_unit_test(state_is_where_it_can_be),
		cmocka_unit_test(logs_go_where_they_can),
		cmocka_unit_test(links_are_static_or_dhcp),
		cmocka_unit_test(links_of_ingot_net_are_right),
		cmocka_unit_test(a_link_is_found_in_one_way_and_declared_once),
		cmocka_unit_test(what_a_link_gets_is_right),
		cmocka_unit_test(a_vlan_is_on_a_link_before_it),
		cmocka_unit_test(ingot_net_is_a_service_of_the_machine),
		cmocka_unit_test(capabilities_that_undo_all_else_are_said_twice),
		cmocka_unit_test(needs_resolve),
		cmocka_unit_test(dhcp_can_be_needed_only_where_it_is),
		cmocka_unit_test(circles_are_named),
		cmocka_unit_test(a_diamond_is_no_circle),
		cmocka_unit_test(a_long_chain_is_right_and_a_long_circle_is_not),
		cmocka_unit_test(eight_thousand_deep_ends),
		cmocka_unit_test(every_error_is_in_one_run),
		cmocka_unit_test(nothing_is_said_twice_of_a_service_that_is_no_mapping),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
