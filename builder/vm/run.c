/* SPDX-License-Identifier: MIT
 *
 * From a built image and the options to a running VM: the ports, the accelerator, the configuration.
 */
#include "run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "control_socket.h"
#include "progress.h"
#include "relay.h"
#include "run_loop.h"
#include "selftest.h"
#include "state_file.h"
#include "table.h"
#include "tester.h"
#include "uml.h"

static int
port_is_free(const struct forward *f, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(f->host), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	AUTO_FD fd = socket(AF_INET, (f->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return err_set(e, errno, "cannot make a socket");
	/* as QEMU does: a connection of yesterday in TIME_WAIT does not hold the port */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return err_set(
			e, 0,
			"port %u of this host is taken: end what listens there, or choose another, such as -p %u:%u",
			f->host, f->host < 65000 ? f->host + 1 : 8080, f->machine);
	return err_set(e, errno, "port %u of this host cannot be used", f->host);
}

/* The options' forwards, or the file's. */
static size_t
choose_forwards(const struct build *b, const struct run_options *o, struct forward out[FORWARDS_MAX])
{
	const struct image *m = &b->project.image;
	size_t n = 0;

	if (o->n_forwards) {
		memcpy(out, o->forwards, sizeof o->forwards);
		return o->n_forwards;
	}
	for (; n < m->run.forward.n && n < FORWARDS_MAX; n++) {
		const struct model_forward *f = &m->run.forward.v[n];
		out[n] = (struct forward){ (uint16_t)f->host, (uint16_t)f->machine, f->protocol == NET_UDP };
	}
	return n;
}

#define SELFTEST_MS 300000 /* for all probes of a self test */

int
run_check_host(const struct build *b, const struct run_options *o, struct err *e)
{
	if (!qemu_find(b->project.arena, e) || !qemu_accel(o->accel, e) || !qemu_machine_known(o->machine, e))
		return -1;
	return state_file_check(b, o, e);
}

int
run_check(const struct build *b, const struct run_options *o, struct err *e)
{
	struct forward forwards[FORWARDS_MAX];
	size_t n = choose_forwards(b, o, forwards);

	if (run_check_host(b, o, e) || (!o->state && state_file_needed(b, e)))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (port_is_free(&forwards[i], e))
			return -1;
	return 0;
}

static int
boot(struct build *b, const struct run_options *o, struct run_vm *vm, struct qemu_config *c, struct err *e)
{
	struct relay relay;
	struct tbl t;
	struct err why;

	c->accel = uml_is_asked(o) ? "uml" : qemu_accel(o->accel, e);
	if (!c->accel || tbl_open(&t, b->table, b->table_size, e))
		return -1;
	c->machine = o->machine;
	c->kernel = build_file(b, BUILD_KERNEL);
	c->initramfs = build_file(b, BUILD_INITRAMFS);
	c->cmdline = arena_printf(b->project.arena, "%s%s%s%s", b->plan.cmdline, vm->shell ? " ingot.shell" : "",
				  o->append[0] ? " " : "", o->append);
	c->memory = b->project.image.budget.memory;
	vm->stop_ms = t.machine->stop_deadline_ms;
	vm->config = c;
	progress_note("ingot: booting %s (%s, %llu MiB)", b->dir, c->accel, (unsigned long long)c->memory >> 20);
	AUTO_FD control = control_socket_make(b->dir, &why);
	if (control < 0)
		progress_note("ingot: `ingot ctl` cannot ask this machine: %s", why.msg);
	int r = relay_open(&relay, control, &c->control, e);
	if (r == 0) {
		vm->relay = &relay;
		r = run_loop(b->project.arena, vm, e);
		relay_release(&relay);
	}
	if (control >= 0)
		control_socket_remove(b->dir);
	return r;
}

int
run_image(struct build *b, const struct run_options *o, struct watch *w, struct err *e)
{
	struct forward forwards[FORWARDS_MAX];
	struct qemu_config c = { .forwards = forwards, .n_forwards = choose_forwards(b, o, forwards) };
	struct run_vm vm = { .shell = o->shell, .watch = w };

	if (o->state && state_file_open(b, o, &c.state, e))
		return -1;
	for (size_t i = 0; i < c.n_forwards; i++)
		if (port_is_free(&forwards[i], e))
			return -1;
	return boot(b, o, &vm, &c, e);
}

/* Returns how the machine ended, NULL where that was in order. */
static const char *
boot_tested(struct build *b, const struct run_options *o, struct run_vm *vm, struct qemu_config *c, struct err *e)
{
	AUTO_FD scratch = -1; /* without --state the tests have a disk of their own, which goes with them */
	int r = o->state ? state_file_open(b, o, &c->state, e) : state_file_scratch(b, o, &scratch, &c->state, e);

	if (r == 0)
		r = boot(b, o, vm, c, e);
	if (r >= RUN_ENDED)
		err_set(e, 0, "the machine's exit status is %d", r - RUN_ENDED);
	return r ? e->msg : NULL;
}

int
run_tests(struct build *b, const struct run_options *o, bool json, size_t *failed, struct err *e)
{
	struct forward forwards[FORWARDS_MAX];
	struct qemu_config c = { .forwards = forwards };
	struct run_vm vm = { .tester = tester_new(b, forwards, &c.n_forwards, e) };

	if (!vm.tester)
		return -1;
	*failed = tester_report(vm.tester, boot_tested(b, o, &vm, &c, e), json);
	tester_free(vm.tester);
	return 0;
}

int
run_heard(struct build *b, const struct run_options *o, const struct run_listener *l, const char **failed,
	  struct err *e)
{
	struct forward forwards[FORWARDS_MAX];
	struct qemu_config c = { .forwards = forwards };
	struct run_vm vm = { .tester = tester_new(b, forwards, &c.n_forwards, e) };

	if (!vm.tester)
		return -1;
	tester_also(vm.tester, l->line, l->arg, l->settle_ms);
	if (tester_failed(vm.tester, boot_tested(b, o, &vm, &c, e), failed))
		tester_show(vm.tester);
	tester_free(vm.tester);
	return 0;
}

int
run_selftest(struct build *b, const struct run_options *o, struct selftest *s, struct err *e)
{
	struct qemu_config c = { .processors = 2 }; /* one tells nothing of what a service is bound to */
	struct run_vm vm = { .tester = tester_listening(b->project.arena, selftest_line, s, &s->ended, SELFTEST_MS) };
	AUTO_FD scratch = -1;
	int r = state_file_scratch(b, o, &scratch, &c.state, e);

	if (r == 0)
		r = boot(b, o, &vm, &c, e);
	selftest_judge(s, r ? e->msg : NULL);
	if (!s->ended) /* else its lines are the table */
		tester_show(vm.tester);
	tester_free(vm.tester);
	return 0;
}
