/* SPDX-License-Identifier: ISC */
/* The verifier's chain: over the lines in their places, compared at each seal with what was signed. */
/*
 * Called by verify.c with each line that has its place.  A seal that is signed
 * by the key that the one before named gives the chain anew, so that damage to an epoch's
 * lines costs the proof of that epoch alone; damage to a row of keys costs that of all behind it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/verify_int.h"

/* ---- anchors ---- */

static void
anchors_pass(struct verify *v, uint64_t q)
{
	const struct verify_anchor *a;
	struct place none = { -1, 0 };

	for (; v->anchor < v->set.anchors_count && v->set.anchors[v->anchor].seq <= q; v->anchor++) {
		a = &v->set.anchors[v->anchor];
		if (a->seq < q || !v->known)
			v->r.anchors_unchecked++;
		else if (memcmp(a->chain, v->chain.value, SEAL_CHAIN_LEN) == 0 ||
		    (v->alt_on && memcmp(a->chain, v->alt.value, SEAL_CHAIN_LEN) == 0)) {
			v->r.anchors_good++;
			v->r.anchored_seq = q;
		} else if (v->damage)
			v->r.anchors_unchecked++;
		else {
			v->damage = 1;
			verify_say(v, VERIFY_ANCHOR, v->last.file >= 0 ? v->last : none, q, q,
			    "the lines up to seq %" PRIu64 " are not those that the anchor was made of", q);
		}
	}
}

/* ---- an epoch ---- */

static void
epoch_begin(struct verify *v, const struct item *item, uint64_t q)
{
	v->damage = 0;
	v->alt_on = 0;
	v->epoch_quick = v->quick;
	v->epoch_at = v->epoch_to = item->at;
	v->epoch_first = q;
}

static void
chain_add(struct verify *v, const struct item *item, uint64_t q)
{
	if (item->line.state == LINE_BAD || v->quick)
		v->known = 0;
	if (!v->known)
		return;
	if (item->line.state == LINE_LEAF && !v->alt_on) {
		v->alt = v->chain;
		v->alt_on = 1;
	}
	if (v->alt_on)
		seal_chain_add(&v->alt, q, item->line.state == LINE_LEAF ? item->line.made : item->line.leaf);
	seal_chain_add(&v->chain, q, item->line.leaf);
}

/* No leaf differs and no line lacks, but these are not the leaves that were sealed. */
static void
epoch_say(struct verify *v, const struct item *item, uint64_t q)
{
	char said[VERIFY_SAID_MAX];
	int other = item->at.file != v->epoch_at.file;
	char upto[40];

	snprintf(upto, sizeof(upto), " up to line %" PRIu64, item->at.number);
	snprintf(said, sizeof(said), "epoch %" PRIu64 "%s%.200s%s: these are not the lines that were sealed; which of them was altered, and "
	    "its leaf made anew, cannot be told", item->line.seal.epoch, other ? ", which goes on in " : "",
	    other ? verify_file_name(v, item->at) : "", other ? upto : "");
	verify_say_lines(v, v->epoch_at, v->epoch_to, v->epoch_first, q - 1, said);
}

/* The lines of an epoch against its seal.  `good`: the seal is signed as it should be. */
static void
epoch_compare(struct verify *v, const struct item *item, uint64_t q, int good)
{
	const struct seal *s = &item->line.seal;

	if (v->epoch_quick) {
		v->r.epochs_quick++;
		return;
	}
	if (v->known && (memcmp(v->chain.value, s->chain, SEAL_CHAIN_LEN) == 0 ||
	    (v->alt_on && memcmp(v->alt.value, s->chain, SEAL_CHAIN_LEN) == 0))) {
		v->r.epochs_whole += good;
		return;
	}
	if (v->known)
		v->r.epochs_open++;
	else
		v->r.epochs_lacking++;
	if (v->known && !v->damage && good)
		epoch_say(v, item, q);
}

/* ---- seals ---- */

/* The line that begins the chain is not there, but the key that it named was given. */
static void
headless_key(struct verify *v, const struct item *item, uint64_t q)
{
	struct seal s = item->line.seal;
	size_t i;

	s.seq = q;
	for (i = 0; i < v->set.publics_count; i++)
		if (seal_check(&s, v->r.stream, v->set.publics[i]) == 1) {
			memcpy(v->key, v->set.publics[i], sizeof(v->key));
			v->key_state = KEY_GOOD;
			v->r.key_given = 1;
			return;
		}
}

/* Is it the one that is due?  Else the key for it is not known. */
static void
epoch_check(struct verify *v, const struct item *item, uint64_t q)
{
	const struct seal *s = &item->line.seal;

	if (v->epoch == 0) {	/* no seal-init */
		v->headless = 1;
		v->epoch = s->epoch;
		if (s->epoch == 1)
			headless_key(v, item, q);
	}
	if (s->epoch == v->epoch)
		return;
	if (s->epoch < v->epoch)
		verify_say(v, VERIFY_RESEALED, item->at, q, q, "the seal is of epoch %" PRIu64 ", which was sealed before", s->epoch);
	else if (!v->damage)
		verify_say(v, VERIFY_REMOVED, item->at, q, q, "the seals of epochs %" PRIu64 " to %" PRIu64 " are not there",
		    v->epoch, s->epoch - 1);
	v->damage = 1;
	v->key_state = KEY_NONE;
}

/* 1: signed by the key that the seal before named. */
static int
signature_check(struct verify *v, const struct item *item, uint64_t q)
{
	struct seal s = item->line.seal;
	int good;

	if (v->key_state == KEY_NONE)
		return 0;
	s.seq = q;
	good = seal_check(&s, v->r.stream, v->key) == 1;
	if (!good && item->line.seq != q) {
		s.seq = item->line.seq;
		good = seal_check(&s, v->r.stream, v->key) == 1;
	}
	if (!good && v->key_state == KEY_GOOD && item->line.state == LINE_GOOD && item->line.seq == q) {
		verify_say(v, VERIFY_RESEALED, item->at, q, q, "the seal of epoch %" PRIu64
		    " is not signed by the key that %s named", s.epoch, s.epoch > 1 ? "the seal before" : "the line that begins the chain");
		v->damage = 1;
	}
	return good;
}

/* What a well-signed seal says of time and number must agree with those before it. */
static void
seal_plausible(struct verify *v, const struct item *item, uint64_t q)
{
	const struct seal *s = &item->line.seal;

	if (s->time_ms < v->seal_ms)
		verify_say(v, VERIFY_CLOCK, item->at, q, q, "the seal of epoch %" PRIu64 " is older than the one before it", s->epoch);
	if (v->based && !v->damage && s->lines != q - 1 - v->base) {
		verify_say(v, s->lines > q - 1 - v->base ? VERIFY_REMOVED : VERIFY_ADDED, item->at, q, q,
		    "epoch %" PRIu64 " was sealed with %" PRIu64 " lines, there are %" PRIu64, s->epoch, s->lines, q - 1 - v->base);
		v->damage = 1;
	}
}

static void
seal_take(struct verify *v, const struct item *item, uint64_t q)
{
	const struct seal *s = &item->line.seal;
	int good, trusted;

	v->r.seals++;
	if (!item->line.sealed) {
		if (item->line.state == LINE_GOOD)
			verify_say(v, VERIFY_ALTERED, item->at, q, q, "is a seal that cannot be read");
		v->key_state = KEY_NONE;
		v->known = 0;
		v->epoch += v->epoch != 0;
		epoch_begin(v, item, q);
		v->damage = 1;
		v->based = 0;
		return;
	}
	epoch_check(v, item, q);
	good = signature_check(v, item, q);
	trusted = good && v->key_state == KEY_GOOD;
	if (good)
		seal_plausible(v, item, q);
	epoch_compare(v, item, q, good);
	if (trusted) {
		v->r.seals_good++;
		v->r.trust_seq = q;
		v->r.trust_ms = s->time_ms;
	}
	if (good || !v->known) {
		memcpy(v->chain.value, s->chain, SEAL_CHAIN_LEN);
		v->chain.seq = q - 1;
		v->known = 1;
	}
	epoch_begin(v, item, q);
	if (item->line.state != LINE_GOOD || !good)
		v->damage = 1;
	v->epoch = s->epoch + 1;
	memcpy(v->key, s->next, sizeof(v->key));
	v->key_state = trusted ? KEY_GOOD : KEY_SHAKY;
	v->base = q;
	v->based = 1;
	v->seal_ms = s->time_ms;
	v->r.after = 0;
}

/* Is it one of those that a person kept? */
static int
key_given(const struct verify *v, const uint8_t *key)
{
	size_t i;

	for (i = 0; i < v->set.publics_count && key != NULL; i++)
		if (memcmp(v->set.publics[i], key, SEAL_KEY_LEN) == 0)
			return 1;
	return 0;
}

/* The first chain of the stream.  Gives the key that it begins with. */
static const uint8_t *
init_first(struct verify *v, const struct item *item, uint64_t q, const uint8_t *own)
{
	int good = item->line.state == LINE_GOOD, given = key_given(v, own);

	v->r.init_seq = q;
	v->r.key_given = given;
	if ((v->r.key_known = own != NULL))
		memcpy(v->r.first_key, own, sizeof(v->r.first_key));
	v->key_state = good && (given || v->set.publics_count == 0) ? KEY_GOOD : KEY_SHAKY;
	if (!good && v->set.publics_count > 0) {	/* altered: what was given stands for what it said */
		v->r.key_given = 1;
		v->key_state = KEY_GOOD;
		return v->set.publics[0];
	}
	if (good && !given && v->set.publics_count > 0)
		verify_say(v, VERIFY_RESEALED, item->at, q, q, "the stream begins with another key than the one that was given");
	return own;
}

static void
init_take(struct verify *v, const struct item *item, uint64_t q)
{
	const uint8_t *own = item->line.sealed ? item->line.public_1 : NULL, *key = own;
	int good = item->line.state == LINE_GOOD, given = key_given(v, own);

	if (own == NULL && good)
		verify_say(v, VERIFY_ALTERED, item->at, q, q, "is a line of type seal-init that names no key");
	if (v->r.sealed || v->headless) {
		verify_say(v, VERIFY_RESEALED, item->at, q, q, "the sealing begins anew here, and nothing joins its keys to those before%s",
		    given ? "; its key is one that was given" : "");
		v->key_state = given && good ? KEY_GOOD : KEY_SHAKY;
	} else
		key = init_first(v, item, q, own);
	v->r.sealed = 1;
	v->epoch = 1;
	v->base = q - 1;
	v->based = 1;
	v->r.after = 0;
	epoch_begin(v, item, q);
	if (!good)
		v->damage = 1;
	if ((v->known = key != NULL)) {
		memcpy(v->key, key, sizeof(v->key));
		seal_chain_init(&v->chain, v->r.stream, key, q - 1);
	} else
		v->key_state = KEY_NONE;
}

void
verify_seal_take(struct verify *v, const struct item *item, uint64_t q)
{
	int seal = item->line.type == LINE_SEAL || item->line.type == LINE_SEAL_INIT;

	if (v->quick) {
		v->known = 0;
		v->epoch_quick = 1;
	}
	if (item->line.state == LINE_LEAF || item->line.state == LINE_BAD || item->line.seq != q)
		v->damage = 1;
	if (item->line.type == LINE_SEAL)
		seal_take(v, item, q);
	else if (item->line.type == LINE_SEAL_INIT)
		init_take(v, item, q);
	chain_add(v, item, q);
	if (item->at.file == v->epoch_at.file)
		v->epoch_to = item->at;
	if (!seal && v->epoch != 0 && v->r.after++ == 0) {
		v->r.after_seq = q;
		v->r.after_ms = item->line.time_ms;
	}
	anchors_pass(v, q);
}

uint64_t
verify_seal_place(const struct verify *v, const struct item *item)
{
	struct seal s = item->line.seal;

	if (item->line.type != LINE_SEAL || !item->line.sealed || !v->based || v->key_state == KEY_NONE || s.epoch != v->epoch)
		return 0;
	s.seq = v->base + s.lines + 1;
	return s.seq == item->line.seq || seal_check(&s, v->r.stream, v->key) == 1 ? s.seq : 0;
}

void
verify_seal_gap(struct verify *v)
{
	v->known = 0;
	v->damage = 1;
}

void
verify_seal_end(struct verify *v)
{
	const struct verify_anchor *a;
	struct place none = { -1, 0 };

	for (; v->anchor < v->set.anchors_count; v->anchor++) {
		a = &v->set.anchors[v->anchor];
		verify_say(v, VERIFY_CUT, none, a->seq, a->seq, "an anchor shows that there was a line of seq %" PRIu64
		    "; the stream ends with %" PRIu64, a->seq, v->r.last_seq);
	}
	if (v->r.sealed || !v->begun)
		return;
	if (!v->headless)
		verify_say(v, VERIFY_UNSEALED, none, 0, 0, "no line of the stream begins a chain: nothing proves that it is whole");
	else if (!v->r.key_given && !v->set.part)
		verify_say(v, VERIFY_UNSEALED, none, 0, 0, "the line that begins the chain is not there: the first key is not known");
}
