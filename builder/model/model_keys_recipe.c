/* SPDX-License-Identifier: MIT
 *
 * The key tables of sources, build steps and recipes: the one place where a key is named, typed, bounded and
 * described.
 */
#include "model_keys.h"

static const struct key debian_keys[] = {
	{ "packages", KEY_TEXTS, AT(src_debian, packages), .flags = KEY_REQUIRED,
	  .doc = "package names; dependencies come along" },
	{ "drop", KEY_TEXTS, AT(src_debian, drop), .doc = "dependencies that are left out" },
	{ "exclude", KEY_TEXTS, AT(src_debian, exclude), .doc = "path prefixes that are left out, such as /usr/share/doc" },
	END
};

static const struct key file_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_file, path), .flags = KEY_REQUIRED,
	  .doc = "a file on the host, relative to this file" },
	{ "to", KEY_PATH, AT(src_file, to), .flags = KEY_REQUIRED, .doc = "where it goes in the root" },
	{ "mode", KEY_OCTAL, AT(src_file, mode), .preset = "0644", .doc = "its permissions" },
	END
};

static const struct key folder_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_folder, path), .flags = KEY_REQUIRED,
	  .doc = "a folder on the host, relative to this file" },
	{ "to", KEY_PATH, AT(src_folder, to), .flags = KEY_REQUIRED, .doc = "where its content goes in the root" },
	END
};

static const struct key text_keys[] = {
	{ "content", KEY_TEXT, AT(src_text, content), .flags = KEY_REQUIRED, .doc = "the bytes of the file" },
	{ "to", KEY_PATH, AT(src_text, to), .flags = KEY_REQUIRED, .doc = "where it goes in the root" },
	{ "mode", KEY_OCTAL, AT(src_text, mode), .preset = "0644", .doc = "its permissions" },
	END
};

static const struct key link_keys[] = {
	{ "target", KEY_TEXT, AT(src_link, target), .flags = KEY_REQUIRED, .doc = "what the symbolic link holds" },
	{ "to", KEY_PATH, AT(src_link, to), .flags = KEY_REQUIRED, .doc = "where the link stands in the root" },
	END
};

static const struct key dir_keys[] = {
	{ "to", KEY_PATH, AT(src_dir, to), .flags = KEY_REQUIRED, .doc = "the folder" },
	{ "mode", KEY_OCTAL, AT(src_dir, mode), .preset = "0755", .doc = "its permissions" },
	END
};

static const struct key busybox_keys[] = {
	{ "to", KEY_PATH, AT(src_busybox, to), .preset = "/bin/busybox", .doc = "where the program goes" },
	{ "applets", KEY_BOOL, AT(src_busybox, applets), .preset = "true", .doc = "make a link for each of its applets" },
	END
};

static const struct key archive_keys[] = {
	{ "url", KEY_TEXT, AT(src_archive, url), .doc = "where it is fetched from by the host's curl; this or `path`" },
	{ "path", KEY_HOSTPATH, AT(src_archive, path), .doc = "the archive on the host, relative to this file" },
	{ "sha256", KEY_TEXT, AT(src_archive, sha256), .flags = KEY_REQUIRED, .doc = "its digest" },
	{ "to", KEY_PATH, AT(src_archive, to), .preset = "/", .doc = "the folder that its content goes to" },
	{ "strip", KEY_INT, AT(src_archive, strip), .preset = "0", .max = 16,
	  .doc = "leading components of the names inside that are dropped" },
	{ "exclude", KEY_TEXTS, AT(src_archive, exclude), .doc = "path prefixes in the root that are left out" },
	END
};

static const struct key oci_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_oci, path), .flags = KEY_REQUIRED,
	  .doc = "on the host, relative to this file: a layout folder, an oci-archive or a docker-save tar" },
	{ "ref", KEY_TEXT, AT(src_oci, ref), .doc = "its name or tag, where there are several images" },
	{ "platform", KEY_TEXT, AT(src_oci, platform), .preset = "linux/amd64",
	  .doc = "OS/ARCHITECTURE, where there are several" },
	{ "digest", KEY_TEXT, AT(src_oci, digest),
	  .doc = "sha256:HEX of its manifest (of a docker-save tar: of its config); another one is an error" },
	{ "exclude", KEY_TEXTS, AT(src_oci, exclude), .doc = "path prefixes in the root that are left out" },
	END
};

static const struct key debian_source_keys[] = {
	{ "package", KEY_TEXT, AT(src_debian_source, package), .flags = KEY_REQUIRED, .doc = "the source package's name" },
	{ "to", KEY_PATH, AT(src_debian_source, to), .flags = KEY_REQUIRED, .doc = "the folder that its files go to, packed" },
	END
};

/* Of the sources, those that a build step may have as inputs. */
static const struct key input_keys[] = {
	{ "debian-source", KEY_OPTION, AT(source, debian_source), .sub = debian_source_keys,
	  .size = sizeof(struct src_debian_source), .doc = "the files of a Debian source package, pinned in the lock" },
	{ "file", KEY_OPTION, AT(source, file), .sub = file_keys, .size = sizeof(struct src_file),
	  .doc = "one file of the host" },
	{ "folder", KEY_OPTION, AT(source, folder), .sub = folder_keys, .size = sizeof(struct src_folder),
	  .doc = "a folder of the host" },
	{ "text", KEY_OPTION, AT(source, text), .sub = text_keys, .size = sizeof(struct src_text),
	  .doc = "a file written here" },
	{ "link", KEY_OPTION, AT(source, link), .sub = link_keys, .size = sizeof(struct src_link), .doc = "a symbolic link" },
	{ "dir", KEY_OPTION, AT(source, dir), .sub = dir_keys, .size = sizeof(struct src_dir), .doc = "an empty folder" },
	END
};

static const struct key output_keys[] = {
	{ "from", KEY_PATH, AT(step_output, from), .flags = KEY_REQUIRED,
	  .doc = "a file or folder that the command leaves in /out" },
	{ "to", KEY_PATH, AT(step_output, to), .flags = KEY_REQUIRED, .doc = "where it, or the folder's content, goes" },
	{ "mode", KEY_OCTAL, AT(step_output, mode), .min = 1, .max = 0777,
	  .doc = "a file's permissions; absent: 0755 where executable, else 0644" },
	END
};

static const struct key build_keys[] = {
	{ "tools", KEY_TEXTS, AT(src_build, tools), .flags = KEY_REQUIRED,
	  .doc = "Debian packages that the step's root is made of, with their dependencies" },
	{ "drop", KEY_TEXTS, AT(src_build, drop), .doc = "dependencies of the tools that are left out" },
	{ "inputs", KEY_STRUCTS, AT(src_build, inputs), .sub = input_keys, .size = sizeof(struct source),
	  .doc = "what the command may read, in order" },
	{ "env", KEY_PAIRS, AT(src_build, env), .doc = "more for the command's environment, NAME: value" },
	{ "command", KEY_TEXTS, AT(src_build, command), .flags = KEY_REQUIRED,
	  .doc = "the program, by its absolute path in the step's root, and its arguments; it starts in /build" },
	{ "outputs", KEY_STRUCTS, AT(src_build, outputs), .flags = KEY_REQUIRED, .sub = output_keys,
	  .size = sizeof(struct step_output), .doc = "what is taken of what it made" },
	{ "timeout", KEY_TIME, AT(src_build, timeout), .preset = "30m", .min = 1000, .doc = "then the step has failed" },
	{ "memory", KEY_SIZE, AT(src_build, memory), .min = 1u << 20,
	  .doc = "address space of each of its processes; absent: no limit" },
	{ "space", KEY_SIZE, AT(src_build, space), .preset = "1G", .min = 1u << 20,
	  .doc = "of /build, /out and /tmp each; they lie in memory" },
	END
};

const struct key source_keys[] = {
	{ "override", KEY_BOOL, AT(source, override), .preset = "false",
	  .doc = "may replace what an earlier source put there" },
	{ "debian", KEY_OPTION, AT(source, debian), .sub = debian_keys, .size = sizeof(struct src_debian),
	  .doc = "Debian packages with their dependencies; none of their scripts is run" },
	{ "file", KEY_OPTION, AT(source, file), .sub = file_keys, .size = sizeof(struct src_file),
	  .doc = "one file of the host" },
	{ "folder", KEY_OPTION, AT(source, folder), .sub = folder_keys, .size = sizeof(struct src_folder),
	  .doc = "a folder of the host; owner is root, permissions 0755 where executable, else 0644" },
	{ "text", KEY_OPTION, AT(source, text), .sub = text_keys, .size = sizeof(struct src_text),
	  .doc = "a file written here" },
	{ "link", KEY_OPTION, AT(source, link), .sub = link_keys, .size = sizeof(struct src_link), .doc = "a symbolic link" },
	{ "dir", KEY_OPTION, AT(source, dir), .sub = dir_keys, .size = sizeof(struct src_dir), .doc = "an empty folder" },
	{ "busybox", KEY_OPTION, AT(source, busybox), .sub = busybox_keys, .size = sizeof(struct src_busybox),
	  .doc = "the static busybox that was built with ingot" },
	{ "archive", KEY_OPTION, AT(source, archive), .sub = archive_keys, .size = sizeof(struct src_archive),
	  .doc = "what is inside an archive; owners, permissions and times are the archive's" },
	{ "oci", KEY_OPTION, AT(source, oci), .sub = oci_keys, .size = sizeof(struct src_oci),
	  .doc = "an OCI image's files; its command, env, user and cwd are what a service has where it states none" },
	{ "build", KEY_OPTION, AT(source, build), .sub = build_keys, .size = sizeof(struct src_build),
	  .doc = "what a command makes of declared inputs, in a root of its own, without a network" },
	END
};

static const struct key recipe_kernel_keys[] = {
	{ "package", KEY_TEXT, AT(recipe_kernel, package), .flags = KEY_REQUIRED,
	  .doc = "the Debian package that holds the kernel" },
	{ "image", KEY_PATH, AT(recipe_kernel, image), .doc = "the kernel's path in the package; else boot/vmlinuz-*" },
	{ "config", KEY_PATH, AT(recipe_kernel, config),
	  .doc = "the path of its CONFIG_ lines in the package; else boot/config-*; absent: not checked" },
	{ "modules", KEY_TEXTS, AT(recipe_kernel, modules), .doc = "modules to load, with what they depend on" },
	{ "late", KEY_TEXTS, AT(recipe_kernel, late),
	  .doc = "modules to load once the services have been started: what PID 1 alone uses, as a power button's" },
	{ "disk", KEY_TEXTS, AT(recipe_kernel, disk),
	  .doc = "modules to load besides, where the image keeps its state on a disk" },
	{ "network", KEY_TEXTS, AT(recipe_kernel, network),
	  .doc = "modules to load besides, where the image has network links" },
	{ "cmdline", KEY_TEXTS, AT(recipe_kernel, cmdline), .doc = "words of the kernel command line" },
	{ "without-network", KEY_TEXTS, AT(recipe_kernel, without_network),
	  .doc = "words of the kernel command line besides, where the image has no links, and none of its services a network, "
		 "sockets that PID 1 opens, or a filter that lets it make others than local ones" },
	END
};

const struct key recipe_keys[] = {
	{ "recipe", KEY_NAME, AT(recipe, recipe), .flags = KEY_REQUIRED, .doc = "the recipe's name, the same as its file's" },
	{ "description", KEY_TEXT, AT(recipe, description), .doc = "one line for people" },
	{ "sources", KEY_STRUCTS, AT(recipe, sources), .flags = KEY_ONE_OPTION, .sub = source_keys,
	  .size = sizeof(struct source), .doc = "what it brings, in order" },
	{ "kernel", KEY_OPTION, AT(recipe, kernel), .sub = recipe_kernel_keys, .size = sizeof(struct recipe_kernel),
	  .doc = "makes this a kernel's recipe" },
	END
};
