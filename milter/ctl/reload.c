/* SPDX-License-Identifier: ISC */
/* hopwardctl reload: tells the daemon to read its configuration and signatures anew, and shows what it says. */
/*
 * The same as SIGHUP, but with the errors here instead of in the log.  A
 * configuration that does not hold leaves the old one serving: that is what
 * exit 78 says.  Does not: wait until the new engine has loaded (status shows it).
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "ctl/control.h"
#include "ctl/ctl.h"

#define RELOAD_WAIT_MS	30000	/* reading and checking a configuration, on a machine under load */

static const char help[] =
    "usage: hopwardctl reload [-c FILE] [--json]\n"
    "\n"
    "Tells the running daemon to read its configuration and signatures anew.\n"
    "With an error in the configuration the old one stays, and the exit code is 78.\n"
    "\n"
    "Example:\n"
    "  hopwardctl reload && hopwardctl status\n";

static void
error_show(const struct ctl *ctl, const char *error)
{
	struct buf b;
	const char *end;
	size_t len;
	char line[1024];

	if (error == NULL) {
		ctl_warn(ctl, "the daemon refused, and did not say why");
		return;
	}
	buf_init(&b, CONTROL_ANSWER_MAX * 4);
	for (; *error != '\0'; error = *end == '\0' ? end : end + 1) {
		end = error + strcspn(error, "\n");
		len = (size_t)(end - error);
		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : sizeof(line)), error);
		text_add(&b, line, TEXT_UNLIMITED);	/* FILE:LINE: text, as hopward -n shows it */
		buf_addc(&b, '\n');
	}
	fflush(stdout);
	if (!b.failed && b.data != NULL)
		fputs(b.data, stderr);
	buf_free(&b);
	ctl_warn(ctl, "not reloaded: the daemon keeps its configuration");
}

static int
reload_ask(const struct ctl *ctl, const char *socket)
{
	enum control_result r;
	json_t *answer, *ok;
	const char *error;
	char err[512];
	int code = EX_OK;

	if ((r = control_ask(socket, "reload", RELOAD_WAIT_MS, &answer, err, sizeof(err))) != CONTROL_OK) {
		ctl_warn(ctl, "%s", err);
		return r == CONTROL_DENIED ? EX_NOPERM : r == CONTROL_BAD ? EX_PROTOCOL : EX_UNAVAILABLE;
	}
	ok = json_object_get(answer, "ok");
	error = json_string_value(json_object_get(answer, "error"));
	if (!json_is_boolean(ok) && error == NULL) {
		ctl_warn(ctl, "the daemon does not know \"reload\": do hopward and hopwardctl have the same version?");
		code = EX_PROTOCOL;
	} else if (!json_is_true(ok))
		code = EX_CONFIG;
	if (ctl->json && code != EX_PROTOCOL) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (code == EX_CONFIG)
		error_show(ctl, error);
	else if (code == EX_OK)
		puts("reloaded; \"hopwardctl status\" shows when the new signatures serve");
	json_decref(answer);
	return code;
}

static int
reload_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG, CTL_END };
	struct conf *conf;
	int code = EX_OK;

	if (ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, &code) == CTL_STOP)
		return code;
	if (optind < argc)
		return ctl_usage(ctl, self, "reload takes no \"%s\"", argv[optind]);
	if ((conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	code = reload_ask(ctl, conf->parent.control_socket);
	conf_free(conf);
	return code;
}

const struct ctl_command command_reload = {
	"reload", "read configuration and signatures anew", help, reload_run
};
