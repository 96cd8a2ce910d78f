/* SPDX-License-Identifier: MIT
 *
 * The plan as JSON, for scripts.
 */
#include "json_out.h"
#include "output.h"
#include "plan_report.h"
#include "replicas.h"

struct writer {
	struct build *b;
	struct plan_fetch *fetch;
	struct json j;
};

static void
add_texts(struct json *j, const char *key, const char *const *v, size_t n)
{
	json_array_at(j, key);
	for (size_t i = 0; i < n; i++)
		json_string(j, v[i]);
	json_array_end(j);
}

static void
add_node(struct json *j, const struct node *n)
{
	if (n->kind == NODE_SCALAR) {
		json_string(j, n->text);
	} else if (n->kind == NODE_LIST) {
		json_array(j);
		for (size_t i = 0; i < n->count; i++)
			add_node(j, n->items[i]);
		json_array_end(j);
	} else {
		json_object(j);
		for (size_t i = 0; i < n->count; i++) {
			json_key(j, n->keys[i]->text);
			add_node(j, n->items[i]);
		}
		json_object_end(j);
	}
}

/* null where the lock has no answer. */
static void
add_pins(struct writer *w, const struct lock_ask *ask)
{
	struct plan_pins p = plan_ask(w->fetch, ask);

	json_key(&w->j, "pins");
	if (!p.pins) {
		json_null(&w->j);
		return;
	}
	json_array(&w->j);
	for (size_t i = 0; i < p.pins->count; i++) {
		const struct deb_pin *pin = &p.pins->pins[i];
		struct content held;
		json_object(&w->j);
		json_text(&w->j, "name", pin->name);
		json_text(&w->j, "version", pin->version);
		json_text(&w->j, "arch", pin->arch);
		json_number(&w->j, "size", pin->size);
		json_digest(&w->j, "sha256", pin->sha256);
		json_flag(&w->j, "cached", w->fetch->cache && cache_lookup(w->fetch->cache, pin->sha256, &held));
		json_object_end(&w->j);
	}
	json_array_end(&w->j);
}

static void
add_root(struct writer *w, const struct plan_root *root)
{
	json_array_at(&w->j, "sources");
	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		const struct node *value;
		struct lock_ask ask;
		json_object(&w->j);
		json_text(&w->j, "kind", plan_kind(s->source, &value));
		json_text(&w->j, "origin", s->origin->text);
		json_flag(&w->j, "override", s->source->override);
		json_key(&w->j, "value");
		add_node(&w->j, value);
		if (plan_request(s->source, &ask))
			add_pins(w, &ask);
		json_object_end(&w->j);
	}
	json_array_end(&w->j);
}

static void
add_unit(struct writer *w, const struct plan_unit *u)
{
	json_object(&w->j);
	json_text(&w->j, "name", u->unit->head.name);
	json_text(&w->j, "kind", u->job ? "job" : "service");
	json_array_at(&w->j, "instances");
	for (uint64_t i = 1; i <= replicas_count(u->unit); i++)
		json_string(&w->j, replicas_name(w->b->project.arena, u->unit, i));
	json_array_end(&w->j);
	json_text(&w->j, "user", u->user);
	json_number(&w->j, "uid", u->uid);
	json_number(&w->j, "gid", u->gid);
	json_text(&w->j, "root", u->root.path);
	add_texts(&w->j, "needs", u->unit->needs.v, u->unit->needs.n);
	add_root(w, &u->root);
	json_object_end(&w->j);
}

static void
add_kernel(struct writer *w)
{
	const struct plan *p = &w->b->plan;
	struct lock_ask ask = plan_kernel_request(p);

	json_object_at(&w->j, "kernel");
	json_text(&w->j, "package", p->kernel->package);
	add_pins(w, &ask);
	add_texts(&w->j, "modules", p->modules, p->n_modules);
	json_text(&w->j, "cmdline", p->cmdline);
	json_object_end(&w->j);
}

static void
add_outputs(struct writer *w)
{
	json_array_at(&w->j, "outputs");
	for (const struct output_kind *k = output_kinds; k->word; k++) {
		if (!build_wants(w->b, k->word))
			continue;
		json_object(&w->j);
		json_text(&w->j, "kind", k->word);
		json_text(&w->j, "file", build_file(w->b, k->file));
		json_number(&w->j, "level", (uint64_t)w->b->level);
		json_object_end(&w->j);
	}
	json_array_end(&w->j);
}

static void
add_fetch(struct writer *w)
{
	json_object_at(&w->j, "fetch");
	json_number(&w->j, "requests", w->fetch->requests);
	json_number(&w->j, "unresolved", w->fetch->unresolved);
	json_number(&w->j, "packages", w->fetch->packages);
	json_number(&w->j, "bytes", w->fetch->bytes);
	json_object_end(&w->j);
}

void
plan_json(struct build *b, struct plan_fetch *f, FILE *to)
{
	struct writer w = { .b = b, .fetch = f };

	json_to_file(&w.j, to);
	json_object(&w.j);
	json_text(&w.j, "image", b->plan.project->image.image);
	json_text(&w.j, "hostname", b->plan.hostname);
	add_kernel(&w);
	json_object_at(&w.j, "machine");
	add_root(&w, &b->plan.machine);
	json_object_end(&w.j);
	json_array_at(&w.j, "units");
	for (size_t i = 0; i < b->plan.n_units; i++)
		add_unit(&w, &b->plan.units[i]);
	json_array_end(&w.j);
	add_outputs(&w);
	add_fetch(&w);
	json_object_end(&w.j);
	json_end(&w.j);
}
