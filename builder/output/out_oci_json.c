/* SPDX-License-Identifier: MIT
 *
 * What an OCI reader is told of a service: its command, user, environment and ports, as the image file has them.
 * Limits, namespaces and the like are no part of an OCI image: whoever runs it sets them.
 */
#include "out_oci_json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "json.h"
#include "mem.h"
#include "net_private.h"
#include "replicas.h"

#define EPOCH    "1970-01-01T00:00:00Z"
#define CONFIG   "application/vnd.oci.image.config.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define INDEX    "application/vnd.oci.image.index.v1+json"
#define LAYER    "application/vnd.oci.image.layer.v1.tar+gzip"
#define REF_NAME "org.opencontainers.image.ref.name"
#define CREATED  "org.opencontainers.image.created"

struct document {
	struct json j;
	FILE *to;
	size_t size;
};

static void
to_file(void *ctx, const char *bytes, size_t size)
{
	fwrite(bytes, 1, size, ctx);
}

/* Texts of some kilobytes: where there is no memory for one, there is none for anything. */
static void
begin(struct document *d, struct out_oci_text *out)
{
	d->to = open_memstream(&out->text, &d->size);
	if (!d->to)
		abort();
	json_init(&d->j, to_file, d->to);
	json_object(&d->j);
}

static void
finish(struct document *d, struct out_oci_text *out)
{
	json_object_end(&d->j);
	json_end(&d->j);
	if (fclose(d->to))
		abort();
	content_of_mem(&out->c, out->text, d->size);
}

static void
add_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

static void
add_texts(struct json *j, const char *key, const char *const *v, size_t n)
{
	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < n; i++)
		json_string(j, v[i]);
	json_array_end(j);
}

static void
put_digest(struct json *j, const uint8_t sha256[DIGEST_SIZE])
{
	char text[7 + DIGEST_HEX] = "sha256:";

	digest_hex(sha256, text + 7);
	json_string(j, text);
}

/* Leaves the object open: an index adds annotations. */
static void
begin_descriptor(struct json *j, const char *type, const struct content *c)
{
	json_object(j);
	add_text(j, "mediaType", type);
	json_key(j, "digest");
	put_digest(j, c->sha256);
	json_key(j, "size");
	json_uint(j, c->size);
}

/* Two ports of the machine may lead to one of the service. */
static bool
is_repeated(const struct model_network *net, size_t i)
{
	bool repeated = false;

	for (size_t k = 0; k < i; k++)
		repeated |= private_port(&net->ports.v[k]) == private_port(&net->ports.v[i]) &&
			    net->ports.v[k].protocol == net->ports.v[i].protocol;
	return repeated;
}

static void
add_ports(struct json *j, const struct model_network *net)
{
	char port[16];

	if (!net->ports.n)
		return;
	json_key(j, "ExposedPorts");
	json_object(j);
	for (size_t i = 0; i < net->ports.n; i++) {
		if (is_repeated(net, i))
			continue;
		snprintf(port, sizeof port, "%u/%s", (unsigned)private_port(&net->ports.v[i]),
			 net->ports.v[i].protocol == NET_UDP ? "udp" : "tcp");
		json_key(j, port);
		json_object(j);
		json_object_end(j);
	}
	json_object_end(j);
}

static void
add_volumes(struct json *j, const struct model_service *s)
{
	if (!s->state.n)
		return;
	json_key(j, "Volumes");
	json_object(j);
	for (size_t i = 0; i < s->state.n; i++) {
		json_key(j, s->state.v[i].path);
		json_object(j);
		json_object_end(j);
	}
	json_object_end(j);
}

static const char *
signal_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = { { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGQUIT, "SIGQUIT" }, { SIGHUP, "SIGHUP" },
		      { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" }, { SIGKILL, "SIGKILL" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			return names[i].name;
	return "SIGTERM";
}

/* Of replicas the image is the first one's: whoever runs it elsewhere has one. */
static void
add_run(struct json *j, struct arena *a, const struct plan_unit *u)
{
	const struct model_service *s = u->unit;
	char user[32];

	snprintf(user, sizeof user, "%u:%u", u->uid, u->gid);
	json_key(j, "config");
	json_object(j);
	add_text(j, "User", user);
	add_ports(j, &s->network);
	add_texts(j, "Env", replicas_env(a, s, 1), s->env.n);
	add_texts(j, "Entrypoint", replicas_command(a, s, 1), s->command.n);
	add_volumes(j, s);
	add_text(j, "WorkingDir", "/");
	add_text(j, "StopSignal", signal_name(stop_signals[s->stop.signal]));
	json_object_end(j);
}

void
out_oci_config(struct arena *a, const struct plan_unit *u, const struct out_oci_layer *l, struct out_oci_text *out)
{
	struct document d;

	begin(&d, out);
	add_text(&d.j, "created", EPOCH);
	add_text(&d.j, "architecture", "amd64");
	add_text(&d.j, "os", "linux");
	add_run(&d.j, a, u);
	json_key(&d.j, "rootfs");
	json_object(&d.j);
	add_text(&d.j, "type", "layers");
	json_key(&d.j, "diff_ids");
	json_array(&d.j);
	put_digest(&d.j, l->diff_id);
	json_array_end(&d.j);
	json_object_end(&d.j);
	json_key(&d.j, "history");
	json_array(&d.j);
	json_object(&d.j);
	add_text(&d.j, "created", EPOCH);
	add_text(&d.j, "created_by", "ingot " INGOT_VERSION);
	json_object_end(&d.j);
	json_array_end(&d.j);
	finish(&d, out);
}

void
out_oci_manifest(const struct out_oci_text *config, const struct out_oci_layer *l, const char *image, const char *tree,
	     struct out_oci_text *out)
{
	struct document d;

	begin(&d, out);
	json_key(&d.j, "schemaVersion");
	json_uint(&d.j, 2);
	add_text(&d.j, "mediaType", MANIFEST);
	json_key(&d.j, "config");
	begin_descriptor(&d.j, CONFIG, &config->c);
	json_object_end(&d.j);
	json_key(&d.j, "layers");
	json_array(&d.j);
	begin_descriptor(&d.j, LAYER, &l->blob);
	json_object_end(&d.j);
	json_array_end(&d.j);
	json_key(&d.j, "annotations");
	json_object(&d.j);
	add_text(&d.j, "ingot.image", image);
	add_text(&d.j, "ingot.tree", tree);
	add_text(&d.j, CREATED, EPOCH);
	json_object_end(&d.j);
	finish(&d, out);
}

void
out_oci_index(const struct out_oci_named *images, size_t n, struct out_oci_text *out)
{
	struct document d;

	begin(&d, out);
	json_key(&d.j, "schemaVersion");
	json_uint(&d.j, 2);
	add_text(&d.j, "mediaType", INDEX);
	json_key(&d.j, "manifests");
	json_array(&d.j);
	for (size_t i = 0; i < n; i++) {
		begin_descriptor(&d.j, MANIFEST, &images[i].manifest->c);
		json_key(&d.j, "platform");
		json_object(&d.j);
		add_text(&d.j, "architecture", "amd64");
		add_text(&d.j, "os", "linux");
		json_object_end(&d.j);
		json_key(&d.j, "annotations");
		json_object(&d.j);
		add_text(&d.j, REF_NAME, images[i].name);
		json_object_end(&d.j);
		json_object_end(&d.j);
	}
	json_array_end(&d.j);
	finish(&d, out);
}
