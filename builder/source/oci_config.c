/* SPDX-License-Identifier: MIT */
#include "oci_config.h"

#include <string.h>

#include "content.h"
#include "json_read.h"
#include "oci_index.h"
#include "value.h"

static int
take_platform(const struct json_t *o, const char *platform, struct err *e)
{
	const char *os = "", *arch = "", *variant = "";

	if (json_need_text(o, "os", &os, e) || json_need_text(o, "architecture", &arch, e) ||
	    json_get_text(o, "variant", &variant, e))
		return -1;
	/* a variant is often left out here where the index states it */
	if (oci_platform_fits(platform, os, arch, variant[0] ? variant : strrchr(platform, '/') + 1))
		return 0;
	return err_set(e, 0, "it is for %.40s/%.40s, not for %s", os, arch, platform);
}

static int
take_layers(const struct json_t *o, struct oci_image *out, struct err *e)
{
	const struct json_t *rootfs, *ids;

	if (json_need_object(o, "rootfs", &rootfs, e) || json_need_array(rootfs, "diff_ids", &ids, e))
		return -1;
	if (json_count(ids) != out->n_layers)
		return err_set(e, 0, "it names %zu layers, the manifest %zu", json_count(ids), out->n_layers);
	struct arena *a = arena_new();
	const char *const *v = NULL;
	size_t n = 0;
	int r = json_get_texts(rootfs, "diff_ids", a, &v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (strncmp(v[i], "sha256:", 7) != 0 || !digest_parse(v[i] + 7, out->layers[i].plain))
			r = err_set(e, 0, "diff_id %zu is not sha256: and 64 hexadecimal digits", i);
	arena_free(a);
	return r;
}

/* "" and "/app/" come as "" and "/app". */
static int
take_cwd(struct arena *a, const char *text, struct oci_image *out, struct err *e)
{
	size_t n = strlen(text);

	while (n > 1 && text[n - 1] == '/')
		n--;
	out->cwd = arena_strndup(a, text, n);
	if (n && !value_is_path(out->cwd))
		return err_set(e, 0, "\"WorkingDir\" is not an absolute path without . and ..: %.100s", text);
	return 0;
}

static int
check_env(const struct oci_image *image, struct err *e)
{
	for (size_t i = 0; i < image->n_env; i++)
		if (!strchr(image->env[i], '=') || image->env[i][0] == '=')
			return err_set(e, 0, "\"Env\" holds %.100s, which is not NAME=value", image->env[i]);
	return 0;
}

static int
take_process(struct arena *a, const struct json_t *o, struct oci_image *out, struct err *e)
{
	const struct json_t *config = NULL;
	const char *user = "", *cwd = "";

	out->user = out->cwd = "";
	if (json_get_object(o, "config", &config, e))
		return -1;
	if (!config)
		return 0;
	if (json_get_text(config, "User", &user, e) || json_get_text(config, "WorkingDir", &cwd, e) ||
	    json_get_texts(config, "Entrypoint", a, &out->entrypoint, &out->n_entrypoint, e) ||
	    json_get_texts(config, "Cmd", a, &out->cmd, &out->n_cmd, e) ||
	    json_get_texts(config, "Env", a, &out->env, &out->n_env, e))
		return -1;
	out->user = arena_strdup(a, user);
	return take_cwd(a, cwd, out, e) || check_env(out, e) ? -1 : 0;
}

int
oci_config(struct arena *a, const char *bytes, size_t size, const char *platform, struct oci_image *out,
	   struct err *e)
{
	struct json_t *o = json_read(bytes, size, e);
	int r = o ? 0 : -1;

	if (r == 0)
		r = take_platform(o, platform, e) || take_layers(o, out, e) || take_process(a, o, out, e) ? -1 : 0;
	json_read_free(o);
	return r ? err_wrap(e, "configuration") : 0;
}
