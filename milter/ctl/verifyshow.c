/* SPDX-License-Identifier: ISC */
/* hopwardctl verify: what it found and what it proves, as text or as JSON lines. */
/*
 * Called by ctl/verify.c.  The verdict says up to which line and time all is
 * proved, by which key, and what lies behind it: that nothing was found is not the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "ctl/verify.h"

#define ROW_MAX		(64u * 1024)

static void
hex(const uint8_t *p, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* RFC 3339 in UTC, as records have it: both go to auditors elsewhere. */
static const char *
utc(uint64_t ms, char *out, size_t size)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	if (ms == 0 || gmtime_r(&t, &tm) == NULL || (n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm)) == 0)
		return "no time";
	snprintf(out + n, size - n, ".%03uZ", (unsigned int)(ms % 1000));
	return out;
}

/* ---- a finding ---- */

static void
finding_json(struct buf *b, const char *stream, const struct verify_finding *f)
{
	struct json j;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_str(&j, "stream", stream);
	json_str(&j, "finding", verify_kind_str(f->kind));
	if (f->file != NULL)
		json_str(&j, "file", f->file);
	if (f->line != 0)
		json_u64(&j, "line", f->line);
	if (f->line_last > f->line)
		json_u64(&j, "line_last", f->line_last);
	if (f->seq != 0)
		json_u64(&j, "seq", f->seq);
	if (f->seq_last > f->seq)
		json_u64(&j, "seq_last", f->seq_last);
	json_str(&j, "said", f->said);
	json_end_object(&j);
	buf_addc(b, '\n');
}

static void
finding_text(struct buf *b, const struct text *style, const struct verify_finding *f)
{
	char at[64] = "", seq[64] = "";

	text_cell(b, style, f->kind == VERIFY_CLOCK || f->kind == VERIFY_NEWER ? TEXT_YELLOW : TEXT_RED, verify_kind_str(f->kind), 12, 0);
	buf_addc(b, ' ');
	if (f->file != NULL)
		text_add(b, f->file, TEXT_UNLIMITED);
	if (f->line_last > f->line)
		snprintf(at, sizeof(at), ":%" PRIu64 "-%" PRIu64, f->line, f->line_last);
	else if (f->line != 0)
		snprintf(at, sizeof(at), ":%" PRIu64, f->line);
	if (f->seq_last > f->seq)
		snprintf(seq, sizeof(seq), "seq %" PRIu64 "-%" PRIu64 ": ", f->seq, f->seq_last);
	else if (f->seq != 0)
		snprintf(seq, sizeof(seq), "seq %" PRIu64 ": ", f->seq);
	buf_addf(b, "%s%s%s", at, f->file != NULL ? ": " : "", seq);
	text_add(b, f->said, TEXT_UNLIMITED);
	buf_addc(b, '\n');
}

void
verify_show_finding(const struct ctl *ctl, const char *stream, const struct verify_finding *f)
{
	struct buf b;

	buf_init(&b, ROW_MAX);
	if (ctl->json)
		finding_json(&b, stream, f);
	else
		finding_text(&b, &ctl->out, f);
	ctl_put(&b);
	buf_free(&b);
}

/* ---- the report ---- */

static uint64_t
findings(const struct verify_report *r)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < VERIFY_KIND_COUNT; i++)
		n += i != VERIFY_CLOCK ? r->found[i] : 0;
	return n;
}

/* One word: what the verdict is. */
static const char *
verdict(const struct verify_report *r)
{
	if (!verify_clean(r))
		return "found";
	if (r->seals_good == 0 && r->anchored_seq == 0)
		return "unproved";
	return r->key_given ? "proved" : "consistent";
}

static void
report_json(struct buf *b, const struct verify_report *r, uint64_t files)
{
	char text[2 * SEAL_KEY_LEN + 1];
	struct json j;
	int i;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_str(&j, "stream", r->stream);
	json_str(&j, "verdict", verdict(r));
	if (r->trust_seq != 0) {
		json_begin_object(&j, "proved_to");
		json_u64(&j, "seq", r->trust_seq);
		json_str(&j, "time", utc(r->trust_ms, text, sizeof(text)));
		json_end_object(&j);
	}
	json_u64(&j, "behind", r->after);
	json_u64(&j, "first_seq", r->first_seq);
	json_u64(&j, "last_seq", r->last_seq);
	json_u64(&j, "files", files);
	json_u64(&j, "lines", r->lines);
	json_u64(&j, "messages", r->messages);
	json_u64(&j, "deliveries", r->deliveries);
	json_u64(&j, "events", r->events);
	json_u64(&j, "seals", r->seals);
	json_u64(&j, "seals_good", r->seals_good);
	json_u64(&j, "epochs_whole", r->epochs_whole);
	json_u64(&j, "epochs_damaged", r->epochs_open);
	json_u64(&j, "epochs_lacking", r->epochs_lacking);
	json_u64(&j, "epochs_passed", r->epochs_quick);
	json_bool(&j, "first_key_given", r->key_given);
	if (r->key_known) {
		hex(r->first_key, SEAL_KEY_LEN, text);
		json_str(&j, "first_key", text);
		json_u64(&j, "sealed_from", r->init_seq);
	}
	json_u64(&j, "anchors_good", r->anchors_good);
	json_u64(&j, "anchors_unchecked", r->anchors_unchecked);
	if (r->anchored_seq != 0)
		json_u64(&j, "anchored_seq", r->anchored_seq);
	json_u64(&j, "starts", r->starts);
	json_u64(&j, "stops", r->stops);
	json_u64(&j, "crashes", r->crashes);
	json_u64(&j, "torn_tails", r->tails);
	json_u64(&j, "erased", r->erased);
	json_u64(&j, "expired", r->expired);
	if (r->expired_age_ms != UINT64_MAX)
		json_u64(&j, "expired_youngest_ms", r->expired_age_ms);
	json_begin_object(&j, "findings");
	for (i = 0; i < VERIFY_KIND_COUNT; i++)
		if (r->found[i] > 0)
			json_u64(&j, verify_kind_str((enum verify_kind)i), r->found[i]);
	json_end_object(&j);
	json_end_object(&j);
	buf_addc(b, '\n');
}

static void
text_verdict(struct buf *b, const struct ctl *ctl, const struct verify_report *r)
{
	uint64_t n = findings(r);
	const char *v = verdict(r);
	char key[2 * SEAL_KEY_LEN + 1], said[80];

	text_colour(b, &ctl->out, TEXT_BOLD, r->stream[0] != '\0' ? r->stream : "(no lines)");
	buf_addz(b, ": ");
	if (strcmp(v, "found") == 0) {
		snprintf(said, sizeof(said), "NOT PROVED: %" PRIu64 " finding%s", n, n == 1 ? "" : "s");
		text_colour(b, &ctl->out, TEXT_RED, said);
	} else if (strcmp(v, "proved") == 0)
		text_colour(b, &ctl->out, TEXT_GREEN, "proved, by the first key that was given");
	else if (strcmp(v, "unproved") == 0)
		text_colour(b, &ctl->out, TEXT_YELLOW, "nothing found, and nothing proved: no seal that a known key has signed");
	else {
		hex(r->first_key, SEAL_KEY_LEN, key);
		text_colour(b, &ctl->out, TEXT_YELLOW, "nothing found; its first key is unproved");
		buf_addf(b, ": whoever made all of it anew made that, too.\n  Compare with the one that was kept (or give it: --public): %s", key);
	}
	buf_addc(b, '\n');
}

static void
text_seals(struct buf *b, const struct verify_report *r)
{
	char t[64], u[64];

	if (r->seals > 0)
		buf_addf(b, "  seals     %" PRIu64 ", %" PRIu64 " signed in an unbroken row from the first key; epochs: %" PRIu64 " whole, %" PRIu64
		    " damaged, %" PRIu64 " with lines that are not there%s\n", r->seals, r->seals_good, r->epochs_whole, r->epochs_open, r->epochs_lacking,
		    r->epochs_quick > 0 ? ", the others outside the time that was asked for" : "");
	if (r->init_seq > r->first_seq)
		buf_addf(b, "  unsealed  seq %" PRIu64 " to %" PRIu64 " were written before there was a chain: unproved\n", r->first_seq, r->init_seq - 1);
	if (r->trust_seq != 0)
		buf_addf(b, "  proved    %sup to seq %" PRIu64 ", %s%s\n", r->key_given ? "" : "by its own key, ", r->trust_seq,
		    utc(r->trust_ms, t, sizeof(t)), verify_clean(r) ? "" : ", but for what is named above");
	else if (r->sealed)
		buf_addz(b, "  proved    nothing: no seal is signed by a known key\n");
	if (r->seals > r->seals_good && r->trust_seq != 0)
		buf_addf(b, "  unproved  %" PRIu64 " seals: the row of keys is broken, what they sign may have been made anew\n",
		    r->seals - r->seals_good);
	if (r->after > 0) {
		buf_addf(b, "  behind    %" PRIu64 " line%s from seq %" PRIu64 " on (%s): not sealed yet.  Altered or removed from their middle they would\n"
		    "            be named only if their seq or leaf tells; cut off at their end, only an anchor shows it%s\n",
		    r->after, r->after == 1 ? "" : "s", r->after_seq, utc(r->after_ms, u, sizeof(u)),
		    r->anchored_seq >= r->after_seq ? ": one confirms them in part" : "");
		if (r->anchored_seq >= r->after_seq)
			buf_addf(b, "  anchored  up to seq %" PRIu64 "\n", r->anchored_seq);
	} else if (r->seals > 0)
		buf_addf(b, "  behind    nothing%s; whether more was there, and was cut off with its seals, an anchor or the time shows:\n"
		    "            the last seal is of %s\n", r->after_stop ? ", the daemon had stopped" : "", utc(r->trust_ms, u, sizeof(u)));
}

static void
text_told(struct buf *b, const struct ctl *ctl, const struct verify_report *r)
{
	char t[64];

	if (r->anchors_good + r->anchors_unchecked > 0)
		buf_addf(b, "  anchors   %" PRIu64 " confirmed, %" PRIu64 " where the chain is not known\n", r->anchors_good, r->anchors_unchecked);
	if (r->starts + r->stops > 0)
		buf_addf(b, "  restarts  %" PRIu64 " starts, %" PRIu64 " stops, %" PRIu64 " starts without a stop before (crash)\n", r->starts, r->stops,
		    r->crashes);
	if (r->tails > 0)
		buf_addf(b, "  tails     %" PRIu64 " torn and cut at a start, %" PRIu64 " octets: never answered\n", r->tails, r->tails_octets);
	if (r->expired > 0)
		buf_addf(b, "  expired   %" PRIu64 " lines, in %" PRIu64 " pieces, as records say; seals and count are left.  The youngest was %s old\n", r->expired,
		    r->expired_epochs, r->expired_age_ms == UINT64_MAX ? "at an unknown time, so not known how" :
		    text_span(r->expired_age_ms, t, sizeof(t)));
	if (r->erased > 0)
		buf_addf(b, "  erased    %" PRIu64 " lines: seq and leaf are left\n", r->erased);
	if (r->torn_file != NULL) {
		buf_addz(b, "  torn      ");
		text_add(b, r->torn_file, TEXT_UNLIMITED);
		buf_addf(b, ":%" PRIu64 ": the last line has no end: being written, or torn; not counted\n", r->torn_line);
	}
	(void)ctl;
}

static void
report_text(struct buf *b, const struct ctl *ctl, const struct verify_report *r, uint64_t files, uint64_t shown_not)
{
	char t[64], u[64];

	if (shown_not > 0)
		buf_addf(b, "(%" PRIu64 " more findings)\n", shown_not);
	text_verdict(b, ctl, r);
	buf_addf(b, "  records   %" PRIu64 " lines in %" PRIu64 " files: %" PRIu64 " messages, %" PRIu64 " deliveries, %" PRIu64 " events; seq %" PRIu64
	    " to %" PRIu64 ", %s to %s\n", r->lines, files, r->messages, r->deliveries, r->events, r->first_seq, r->last_seq,
	    utc(r->first_ms, t, sizeof(t)), utc(r->last_ms, u, sizeof(u)));
	text_seals(b, r);
	text_told(b, ctl, r);
}

void
verify_show_report(const struct ctl *ctl, const struct verify_report *r, uint64_t files, uint64_t shown_not)
{
	struct buf b;

	buf_init(&b, ROW_MAX);
	if (ctl->json)
		report_json(&b, r, files);
	else
		report_text(&b, ctl, r, files, shown_not);
	ctl_put(&b);
	buf_free(&b);
}
