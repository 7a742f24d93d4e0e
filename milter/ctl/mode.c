/* SPDX-License-Identifier: ISC */
/* hopwardctl mode: to observe for a while, and back; shows what holds and what ends when. */
/*
 * The mode for a while stands in the exceptions' file, which the daemon keeps.
 * The configuration's own mode is not touched.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "ctl/control.h"
#include "ctl/except.h"
#include "judge/exception.h"

#define ASK_WAIT_MS	5000

static const char help[] =
    "usage: hopwardctl mode [--json]\n"
    "       hopwardctl mode observe --for SPAN --reason TEXT [--json]\n"
    "       hopwardctl mode enforce [--reason TEXT] [--json]\n"
    "\n"
    "Without a word: the mode, and until when.  To observe is to do nothing to mail,\n"
    "infected mail is delivered too; what would have been done is recorded.  It\n"
    "begins with the next message, ends by itself, and is on record.\n"
    "  --for SPAN     30m, 2h; --until TIME for a time of day\n"
    "\n"
    "Example:\n"
    "  hopwardctl mode observe --for 2h --reason 'a signature hits every PDF'\n";

struct asked {
	const char	*until, *reason;
};

/* ---- showing ---- */

static int
show_json(int observe, const char *until, const char *by, const char *reason, const json_t *held)
{
	json_t *o = json_pack("{s:s}", "mode", observe ? "observe" : "enforce");

	if (until != NULL)
		json_object_set_new(o, "until", json_string(until));
	if (by != NULL)
		json_object_set_new(o, "by", json_string(by));
	if (reason != NULL)
		json_object_set_new(o, "reason", json_string(reason));
	if (held != NULL)
		json_object_set_new(o, "held", json_boolean(json_is_true(held)));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return EX_OK;
}

static int
show(const struct ctl *ctl, int observe, const char *until, const char *by, const char *reason, const json_t *held)
{
	struct buf b;
	int64_t t;

	if (ctl->json)
		return show_json(observe, until, by, reason, held);
	buf_init(&b, 4 * EXCEPTION_LINE_MAX);
	buf_addz(&b, "mode ");
	text_colour(&b, &ctl->out, observe ? TEXT_YELLOW : TEXT_GREEN, observe ? "observe" : "enforce");
	if (until != NULL && exception_time_parse(until, &t) == 0) {
		buf_addc(&b, ' ');
		except_put_until(&b, t);
		buf_addz(&b, ": ");
		text_add(&b, reason != NULL ? reason : "?", TEXT_UNLIMITED);
		if (by != NULL) {
			buf_addz(&b, " (");
			text_add(&b, by, TEXT_UNLIMITED);
			buf_addc(&b, ')');
		}
	} else if (observe)
		buf_addz(&b, ", by the configuration");
	buf_addc(&b, '\n');
	ctl_put(&b);
	buf_free(&b);
	return EX_OK;
}

static int
mode_show(const struct ctl *ctl, const char *socket)
{
	enum control_result r;
	json_t *answer, *o;
	char err[512];
	const char *mode;
	int code;

	if ((r = control_ask(socket, "status", ASK_WAIT_MS, &answer, err, sizeof(err))) != CONTROL_OK) {
		ctl_warn(ctl, "%s", err);
		return r == CONTROL_DENIED ? EX_NOPERM : r == CONTROL_BAD ? EX_PROTOCOL : EX_UNAVAILABLE;
	}
	if ((mode = json_string_value(json_object_get(answer, "mode"))) == NULL) {
		ctl_warn(ctl, "the daemon does not say its mode: do hopward and hopwardctl have the same version?");
		code = EX_PROTOCOL;
	} else {
		o = json_object_get(answer, "mode_until");
		code = show(ctl, strcmp(mode, "observe") == 0, json_string_value(json_object_get(o, "until")),
		    json_string_value(json_object_get(o, "by")), json_string_value(json_object_get(o, "reason")), NULL);
	}
	json_decref(answer);
	return code;
}

/* ---- changing ---- */

/* What the daemon did, in words. */
static int
told(const struct ctl *ctl, json_t *answer)
{
	const char *line = json_string_value(json_object_get(answer, "line"));
	const json_t *held = json_object_get(answer, "held");
	struct override_mode m;
	struct exception e;
	char err[256], until[32];
	int code = EX_OK;

	memset(&m, 0, sizeof(m));
	if (line == NULL || (strcmp(line, "mode enforce") != 0 &&
	    exception_parse(line, strlen(line), &e, &m, err, sizeof(err)) != EXCEPTION_MODE)) {
		ctl_warn(ctl, "the daemon's answer cannot be read: do hopward and hopwardctl have the same version?");
		json_decref(answer);
		return EX_PROTOCOL;
	}
	show(ctl, m.until != 0, m.until != 0 ? exception_time_str(m.until, until, sizeof(until)) : NULL, m.by, m.reason, held);
	if (!json_is_true(held)) {
		ctl_warn(ctl, "it is in the file, but the daemon has not taken it up within 3 s: \"hopwardctl status\" tells how it is");
		code = EX_TEMPFAIL;
	}
	override_mode_clear(&m);
	json_decref(answer);
	return code;
}

static int
mode_observe(struct ctl *ctl, const struct ctl_command *self, const char *socket, const struct asked *a)
{
	struct override_mode m;
	struct exception checked;
	struct buf line;
	json_t *answer;
	char err[256];
	int code;

	if (a->until == NULL)
		return ctl_usage(ctl, self, "for how long? Give --for, such as --for 2h: it ends by itself");
	if (a->reason == NULL)
		return ctl_usage(ctl, self, "why? Give --reason, a sentence for those who find it in the record");
	memset(&m, 0, sizeof(m));
	memset(&checked, 0, sizeof(checked));
	buf_init(&line, EXCEPTION_LINE_MAX + 1);
	if (except_until(a->until, &m.until, err, sizeof(err)) == -1 ||
	    exception_set_reason(&checked, a->reason, err, sizeof(err)) == -1)
		code = ctl_usage(ctl, self, "%s", err);
	else {
		m.reason = checked.reason;
		if (override_mode_print(&m, &line) == -1)
			code = EX_OSERR;
		else {
			line.data[line.len - 1] = '\0';
			if ((code = except_tell(ctl, socket, "mode-observe", line.data, NULL, &answer)) == EX_OK)
				code = told(ctl, answer);
		}
	}
	buf_free(&line);
	exception_clear(&checked);
	return code;
}

static int
mode_enforce(struct ctl *ctl, const struct ctl_command *self, const char *socket, const struct asked *a)
{
	struct exception checked;
	json_t *answer;
	char err[256];
	int code;

	memset(&checked, 0, sizeof(checked));
	if (a->reason != NULL && exception_set_reason(&checked, a->reason, err, sizeof(err)) == -1)
		return ctl_usage(ctl, self, "--%s", err);
	exception_clear(&checked);
	if ((code = except_tell(ctl, socket, "mode-enforce", "", a->reason, &answer)) == EX_OK)
		code = told(ctl, answer);
	return code;
}

enum { OPT_FOR = 256, OPT_REASON };

static int
mode_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG,
		{ "for", required_argument, NULL, OPT_FOR }, { "until", required_argument, NULL, OPT_FOR },
		{ "reason", required_argument, NULL, OPT_REASON }, CTL_END };
	struct asked a = { 0 };
	const char *word, *socket;
	struct conf *conf;
	int ch, code = EX_OK;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, &code)) != -1) {
		if (ch == CTL_STOP)
			return code;
		if (ch == OPT_FOR)
			a.until = optarg;
		else
			a.reason = optarg;
	}
	word = optind < argc ? argv[optind] : "";
	if (argc - optind > 1 || (*word != '\0' && strcmp(word, "observe") != 0 && strcmp(word, "enforce") != 0))
		return ctl_usage(ctl, self, "mode takes observe or enforce, got \"%s\"", argv[argc - optind > 1 ? optind + 1 : optind]);
	if ((a.until != NULL && strcmp(word, "observe") != 0) || (a.reason != NULL && *word == '\0'))
		return ctl_usage(ctl, self, "--for and --reason are for \"mode observe\"");
	if ((conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	socket = conf->parent.control_socket;
	code = *word == '\0' ? mode_show(ctl, socket) : *word == 'o' ? mode_observe(ctl, self, socket, &a) :
	    mode_enforce(ctl, self, socket, &a);
	conf_free(conf);
	return code;
}

const struct ctl_command command_mode = {
	"mode", "to observe for a while, and back", help, mode_run
};
