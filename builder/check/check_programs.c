/* SPDX-License-Identifier: MIT
 *
 * Each root's programs against that root. What a service's command needs is an error where it is missing. Of all other
 * programs only those for another processor are: packages come with tools and plugins whose libraries a recipe leaves
 * out on purpose, and a note says how many.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "loader.h"
#include "program.h"
#include "progress.h"

#define SCRIPTS_MAX 5 /* interpreters of interpreters: the kernel follows as many */
#define SHOWN_MAX   3 /* of what a note counts */
#define PATH_CAP    4096
#define SLOTS       1024

/* What was read of a file; files of the same bytes are read once. */
struct known {
	struct known *next;
	const uint8_t *sha256;
	struct program program;
};

struct checker {
	struct tree *tree;
	struct arena *arena;
	struct diags *diags;
	struct known *slots[SLOTS];
	struct err *e;
	bool failed; /* *e is set */
};

/* A root being checked. */
struct root {
	struct checker *c;
	const char *path;
	const struct model_service *unit; /* NULL: the machine's own */
	const struct node *place;
	const char *called; /* "the root of `web`" */
	const char *const *unchecked;
	size_t n_unchecked;
	bool *used;              /* of each of them */
	const struct tree_entry *commands[3 * (SCRIPTS_MAX + 2)]; /* what was checked as the command, or as its interpreter */
	size_t n_commands;
	size_t lacking;          /* programs that nothing starts by name, and that lack something */
	const char *shown;       /* the first of them */
};

/* One program and the files that it is loaded with. */
struct closure {
	struct root *root;
	struct loader loader;
	const char *program; /* path in the root */
	bool strict;
	struct lib {
		struct loaded loaded;
		const struct tree_inode *inode;
	} **libs;
	size_t n, room;
	bool lacks;
	/* while a library is looked for */
	const char *name;
	struct tree_entry *found;
	const char *found_at, *other_at, *other;
};

static const struct program *
read_program(struct checker *c, const struct tree_inode *i)
{
	struct known **slot = &c->slots[(i->content.sha256[0] | i->content.sha256[1] << 8) % SLOTS];

	for (struct known *k = *slot; k; k = k->next)
		if (memcmp(k->sha256, i->content.sha256, DIGEST_SIZE) == 0)
			return &k->program;
	struct known *k = arena_alloc(c->arena, sizeof *k);
	*k = (struct known){ *slot, i->content.sha256, { .kind = PROGRAM_NONE } };
	*slot = k;
	if (!c->failed && program_read(&k->program, &i->content, c->arena, c->e))
		c->failed = true;
	return &k->program;
}

static struct tree_entry *
resolve(const struct root *r, const char *path)
{
	return tree_resolve(r->c->tree, arena_printf(r->c->arena, "%s%s", r->path, path));
}

/* The entry's path as a process in the root has it. */
static const char *
path_in(const struct root *r, const struct tree_entry *x)
{
	char path[PATH_CAP];

	tree_path(x, path, sizeof path);
	return arena_strdup(r->c->arena, path + strlen(r->path));
}

static bool
is_unchecked(const struct root *r, const char *path)
{
	for (size_t i = 0; i < r->n_unchecked; i++) {
		size_t n = strlen(r->unchecked[i]);
		if (strncmp(path, r->unchecked[i], n) == 0 && (path[n] == '\0' || path[n] == '/')) {
			r->used[i] = true;
			return true;
		}
	}
	return false;
}

/* arch has one value in this version. */
static bool
is_ours(const struct elf *x)
{
	return x->machine == EM_X86_64 && x->bits == 64 && !x->big_endian;
}

/* ---- libraries ---- */

static bool
try_library(void *arg, const char *path)
{
	struct closure *c = arg;
	struct tree_entry *x = resolve(c->root, path);

	if (!x || x->inode->type != TREE_FILE)
		return false;
	const struct program *p = read_program(c->root->c, x->inode);
	if (p->kind == PROGRAM_ELF && is_ours(&p->elf)) {
		c->found = x;
		c->found_at = path;
		return true;
	}
	if (!c->other_at) {
		c->other_at = path;
		c->other = "no library";
		if (p->kind == PROGRAM_ELF)
			c->other = arena_printf(c->root->c->arena, "for %s", elf_machine(&p->elf, c->root->c->arena));
	}
	return false;
}

struct named {
	const char *name;
	const struct tree_entry *entry;
};

static int
find_named(struct tree_entry *x, void *arg)
{
	struct named *n = arg;

	if (x->inode->type == TREE_DIR || strcmp(x->name, n->name) != 0)
		return 0;
	n->entry = x;
	return 1;
}

/* What may help: the library is there, somewhere else or for another processor; or it is not there at all. */
static const char *
mend(const struct closure *c)
{
	struct arena *a = c->root->c->arena;
	struct named n = { c->name, NULL };

	if (c->other_at)
		return arena_printf(a, "%s is %s", c->other_at, c->other);
	struct tree_entry *top = resolve(c->root, "/");
	if (top && c->root->unit && tree_walk(top, find_named, &n)) {
		const char *path = path_in(c->root, n.entry), *slash = strrchr(path, '/');
		return arena_printf(a, "it is in %.*s, where its loader does not look: write `env: {LD_LIBRARY_PATH: %.*s}`",
				    (int)(slash - path), path, (int)(slash - path), path);
	}
	return "add the package that holds it, or take it out of `drop` or `exclude`";
}

static void
say_missing(struct closure *c, const struct loaded *by)
{
	struct root *r = c->root;

	c->lacks = true;
	if (!c->strict)
		return;
	if (by->by)
		diag(r->c->diags, r->place, "%s in %s, which %s loads, needs the library %s, which is not there: %s", by->path,
		     r->called, c->program, c->name, mend(c));
	else
		diag(r->c->diags, r->place, "%s in %s needs the library %s, which is not there: %s", by->path, r->called,
		     c->name, mend(c));
}

static void
add_library(struct closure *c, const struct tree_inode *inode, const char *path, const struct loaded *by)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->libs[i]->inode == inode)
			return;
	struct lib *lib = arena_alloc(c->root->c->arena, sizeof *lib);
	lib->inode = inode;
	lib->loaded = (struct loaded){ &read_program(c->root->c, inode)->elf, path, by };
	c->libs = grow(c->libs, c->n, &c->room, sizeof(struct lib *));
	c->libs[c->n++] = lib;
}

/* Breadth first, as loaders do: a library that was loaded under the name already is not looked for again. */
static void
check_libraries(struct closure *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct loaded *x = &c->libs[i]->loaded;
		for (size_t k = 0; k < x->elf->n_needed; k++) {
			c->name = x->elf->needed[k];
			c->found = NULL;
			c->other_at = NULL;
			if (loader_is_own(&c->loader, c->name))
				continue;
			if (loader_find(&c->loader, x, c->name, try_library, c))
				add_library(c, c->found->inode, c->found_at, x);
			else
				say_missing(c, x);
		}
	}
}

/* ---- programs ---- */

static const char *
env_of(const struct root *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; r->unit && i < r->unit->env.n; i++)
		if (strncmp(r->unit->env.v[i], name, n) == 0 && r->unit->env.v[i][n] == '=')
			return r->unit->env.v[i] + n + 1;
	return NULL;
}

static bool
is_executable(const struct tree_entry *x)
{
	return x && x->inode->type == TREE_FILE && (x->inode->meta.mode & 0111);
}

/* Whether the program's own file and its loader will do; what is wrong has been said. */
static bool
check_loader(struct closure *c, const struct elf *x)
{
	struct root *r = c->root;

	if (!is_ours(x)) {
		diag(r->c->diags, r->place, "%s in %s is for %s, the machine is x86_64: take the package of the machine's "
		     "architecture%s", c->program, r->called, elf_machine(x, r->c->arena),
		     c->strict ? "" : ", or name it in `unchecked` where it is there for other machines");
		return false;
	}
	if (!x->interpreter || is_executable(resolve(r, x->interpreter)))
		return x->interpreter != NULL;
	c->lacks = true;
	if (c->strict)
		diag(r->c->diags, r->place, "%s in %s needs the loader %s, which is not there: add the package that holds it "
		     "(Debian: libc6), or link the program statically", c->program, r->called, x->interpreter);
	return false;
}

static void
note_lacking(struct root *r, const struct closure *c)
{
	if (r->lacking < SHOWN_MAX)
		r->shown = arena_printf(r->c->arena, "%s%s%s", r->lacking ? r->shown : "", r->lacking ? ", " : "", c->program);
	r->lacking++;
}

static void
check_elf(struct root *r, const char *path, const struct tree_inode *inode, const struct elf *x, bool strict)
{
	struct closure c = { .root = r, .program = path, .strict = strict };

	c.loader = (struct loader){ .tree = r->c->tree, .arena = r->c->arena, .root = r->path, .interpreter = x->interpreter,
				    .library_path = env_of(r, "LD_LIBRARY_PATH") };
	if (check_loader(&c, x)) {
		if (loader_init(&c.loader, r->c->e)) {
			r->c->failed = true;
			return;
		}
		add_library(&c, inode, path, NULL);
		check_libraries(&c);
		free(c.libs);
	}
	if (c.lacks && !strict)
		note_lacking(r, &c);
}

static void check_command(struct root *r, const char *path, const char *of, unsigned depth);

/* #!/usr/bin/env X: the X that its PATH leads to. What has options beyond -S is not followed. */
static void
check_env(struct root *r, const struct program *p, const char *script, unsigned depth)
{
	struct arena *a = r->c->arena;
	const char *path = env_of(r, "PATH"), *word = p->argument;

	word += strncmp(word, "-S", 2) == 0 ? 2 : 0;
	word += strspn(word, " \t");
	word = arena_strndup(a, word, strcspn(word, " \t"));
	if (!word[0] || word[0] == '-' || strchr(word, '='))
		return;
	if (word[0] == '/') {
		check_command(r, word, script, depth);
		return;
	}
	for (const char *at = path ? path : "/bin:/usr/bin"; *at;) {
		size_t n = strcspn(at, ":");
		const char *file = arena_printf(a, "%.*s/%s", (int)n, at, word);
		if (n && is_executable(resolve(r, file))) {
			check_command(r, file, script, depth);
			return;
		}
		at += n + (at[n] == ':');
	}
	diag(r->c->diags, r->place, "%s in %s is a script for %s, which is in no folder of its PATH (%s): which recipe brings "
	     "it?", script, r->called, word, path ? path : "/bin:/usr/bin");
}

static void
check_script(struct root *r, const struct program *p, const char *path, unsigned depth)
{
	const char *slash = strrchr(p->interpreter, '/');

	if (depth == SCRIPTS_MAX) {
		diag(r->c->diags, r->place, "%s in %s: more than %d scripts are each other's interpreters", path, r->called,
		     SCRIPTS_MAX);
		return;
	}
	if (p->interpreter[0] != '/') {
		diag(r->c->diags, r->place, "%s in %s begins with #!%s: an interpreter is named by its absolute path", path,
		     r->called, p->interpreter);
		return;
	}
	check_command(r, p->interpreter, path, depth + 1);
	if (strcmp(slash, "/env") == 0)
		check_env(r, p, path, depth + 1);
}

/* A program that the service is sure to execute: its command, or (of: the script) what that is a script for. */
static void
check_command(struct root *r, const char *path, const char *of, unsigned depth)
{
	struct tree_entry *x = resolve(r, path);
	const char *why = of ? arena_printf(r->c->arena, ", which %s is a script for", of) : "";

	if (!x || x->inode->type != TREE_FILE) {
		diag(r->c->diags, r->place, "no %s in %s%s: which recipe brings it?", path, r->called, why);
		return;
	}
	if (!is_executable(x)) {
		diag(r->c->diags, r->place, "%s in %s%s is not executable: give it `mode: 0755`", path, r->called, why);
		return;
	}
	const char *real = path_in(r, x);
	if (is_unchecked(r, real))
		return;
	if (r->n_commands < sizeof r->commands / sizeof *r->commands)
		r->commands[r->n_commands++] = x;
	const struct program *p = read_program(r->c, x->inode);
	if (p->kind == PROGRAM_SCRIPT)
		check_script(r, p, real, depth);
	else if (p->kind == PROGRAM_BROKEN)
		diag(r->c->diags, r->place, "%s in %s cannot be executed: %s", real, r->called, p->wrong);
	else if (p->kind == PROGRAM_NONE || !p->elf.loads)
		diag(r->c->diags, r->place, "%s in %s%s is neither a program nor a script: a script begins with #!/bin/sh or "
		     "the like", real, r->called, why);
	else
		check_elf(r, real, x->inode, &p->elf, true);
}

/* ---- the rest of a root ---- */

static int
check_other(struct tree_entry *x, void *arg)
{
	struct root *r = arg;

	if (!is_executable(x) || r->c->failed)
		return 0;
	for (size_t i = 0; i < r->n_commands; i++)
		if (r->commands[i] == x)
			return 0;
	for (const struct tree_entry *up = x->parent; !r->unit && up; up = up->parent)
		if (up->top)
			return 0; /* a service's */
	const char *path = path_in(r, x);
	if (is_unchecked(r, path))
		return 0;
	const struct program *p = read_program(r->c, x->inode);
	if (p->kind == PROGRAM_ELF && p->elf.loads)
		check_elf(r, path, x->inode, &p->elf, false);
	return 0;
}

/* The program that looks whether the service is ready, or well. */
static void
check_probe(struct root *r, const struct node *of, const char *path)
{
	const struct node *place = r->place;

	r->place = node_place(of, "exec");
	check_command(r, path, NULL, 0);
	r->place = place;
}

static void
check_root(struct root *r)
{
	struct tree_entry *top = resolve(r, "/");

	r->used = arena_alloc(r->c->arena, (r->n_unchecked + 1) * sizeof *r->used);
	if (r->unit) {
		check_command(r, r->unit->command.v[0], NULL, 0);
		if (r->unit->ready.exec.n)
			check_probe(r, r->unit->ready.head.node, r->unit->ready.exec.v[0]);
		if (r->unit->health.exec.n)
			check_probe(r, r->unit->health.head.node, r->unit->health.exec.v[0]);
	}
	if (top)
		tree_walk(top, check_other, r);
	if (r->lacking)
		progress_note("%s: %zu program%s that no command names lack%s a loader or a library there: %s%s", r->called,
			      r->lacking, r->lacking == 1 ? "" : "s", r->lacking == 1 ? "s" : "", r->shown,
			      r->lacking > SHOWN_MAX ? ", ..." : "");
	const struct node *owner = r->unit ? r->unit->head.node : r->place;
	for (size_t i = 0; i < r->n_unchecked; i++)
		if (!r->used[i])
			diag(r->c->diags, node_place(owner, "unchecked"), "no program is at or below %s in %s: take it out of "
			     "`unchecked`", r->unchecked[i], r->called);
}

static const struct node *
command_place(const struct model_service *s)
{
	const struct node *list = node_place(s->head.node, "command");

	return list->kind == NODE_LIST && list->count ? list->items[0] : list;
}

int
check_programs(const struct build *b, struct err *e)
{
	const struct plan *p = &b->plan;
	struct checker c = { .tree = b->tree, .arena = arena_new(), .diags = b->project.diags, .e = e };
	struct root machine = { .c = &c, .path = "", .place = b->project.image.head.node, .called = "the machine's root",
				.unchecked = b->project.image.unchecked.v, .n_unchecked = b->project.image.unchecked.n };

	check_root(&machine);
	for (size_t i = 0; i < p->n_units; i++) {
		const struct model_service *s = p->units[i].unit;
		struct root r = { .c = &c, .path = p->units[i].root.path, .unit = s, .place = command_place(s),
				  .called = arena_printf(c.arena, "the root of `%s`", s->head.name),
				  .unchecked = s->unchecked.v, .n_unchecked = s->unchecked.n };
		check_root(&r);
	}
	arena_free(c.arena);
	return c.failed ? -1 : 0;
}
