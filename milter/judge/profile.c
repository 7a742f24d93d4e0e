/* SPDX-License-Identifier: ISC */
/* Grades a TLS session by the rules of a profile. */
/*
 * Called for observed and claimed hops and for outbound deliveries.  The rules
 * were read by conf_profile.c.  Every rule holds, does not hold, or may hold
 * (something that it asks is not known); rules that may hold are followed as
 * well, up to the first that holds for certain.  Where the version is not known
 * all that are possible are tried.  It asks no clock: a rule with an end is a
 * new version of the profile.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "judge/profile.h"

enum holds { HOLDS_NO, HOLDS_MAYBE, HOLDS_YES };

#define X(e, s) s,
static const char *const grade_names[] = { GRADES(X) };
#undef X

const char *
grade_str(enum grade g)
{
	return (unsigned int)g < GRADE_MAX ? grade_names[g] : grade_names[GRADE_UNKNOWN];
}

int
grade_parse(const char *s, enum grade *g)
{
	unsigned int	 i;

	for (i = 0; i < GRADE_MAX; i++)
		if (strcmp(s, grade_names[i]) == 0) {
			*g = (enum grade)i;
			return 0;
		}
	return -1;
}

void
profile_rule_init(struct profile_rule *r)
{
	memset(r, 0, sizeof(*r));
	r->aead = r->fs = r->export = r->draft = -1;
	r->bits_max = UINT_MAX;
}

void
profile_free(struct profile *p)
{
	size_t	 i;

	if (p == NULL)
		return;
	for (i = 0; i < p->rules_count; i++) {
		free(p->rules[i].suites);
		free(p->rules[i].reason);
	}
	free(p->rules);
	free(p->name);
	free(p->version);
	free(p->date);
	free(p->source);
	free(p->compare);
	free(p->notes);
	free(p);
}

/* ---- one rule ---- */

static enum holds
lesser(enum holds a, enum holds b)
{
	return a < b ? a : b;
}

static enum holds
in_mask(uint32_t mask, unsigned int value)
{
	if (mask == 0)
		return HOLDS_YES;
	if (value == 0)
		return HOLDS_MAYBE;
	return (mask & (UINT32_C(1) << value)) != 0 ? HOLDS_YES : HOLDS_NO;
}

static enum holds
is_flag(int want, int known, int value)
{
	if (want == -1)
		return HOLDS_YES;
	if (!known)
		return HOLDS_MAYBE;
	return want == value ? HOLDS_YES : HOLDS_NO;
}

static enum holds
in_bits(const struct profile_rule *r, const struct suite *s)
{
	if (r->bits_min == 0 && r->bits_max == UINT_MAX)
		return HOLDS_YES;
	if (s->cipher == SUITE_CIPHER_UNKNOWN)
		return HOLDS_MAYBE;
	return s->bits >= r->bits_min && s->bits <= r->bits_max ? HOLDS_YES : HOLDS_NO;
}

static enum holds
in_suites(const struct profile_rule *r, const struct suite *s)
{
	enum holds	 holds = HOLDS_NO;
	size_t		 i;

	if (r->suites_count == 0)
		return HOLDS_YES;
	for (i = 0; i < r->suites_count; i++)
		switch (suite_same(&r->suites[i], s)) {
		case 1:
			return HOLDS_YES;
		case -1:
			holds = HOLDS_MAYBE;
			break;
		}
	return holds;
}

static enum holds
rule_holds(const struct profile_rule *r, const struct suite *s)
{
	enum holds	 h;
	int		 cipher = s->cipher != SUITE_CIPHER_UNKNOWN;

	h = lesser(in_mask(r->versions, s->version), in_mask(r->kxs, s->kx));
	h = lesser(h, in_mask(r->auths, s->auth));
	h = lesser(h, in_mask(r->ciphers, s->cipher));
	h = lesser(h, in_mask(r->modes, s->mode));
	h = lesser(h, in_mask(r->macs, s->mac));
	h = lesser(h, is_flag(r->aead, s->mode != SUITE_MODE_UNKNOWN, s->aead));
	h = lesser(h, is_flag(r->fs, s->kx != SUITE_KX_UNKNOWN, s->fs));
	h = lesser(h, is_flag(r->export, cipher, s->export));
	h = lesser(h, is_flag(r->draft, cipher, s->draft));
	h = lesser(h, in_bits(r, s));
	if (h == HOLDS_NO)
		return h;
	return lesser(h, in_suites(r, s));
}

/* ---- all ---- */

/* Why rules that may hold leave the grade open. */
static const char *
why_open(const struct suite *s)
{
	if (s->odd)
		return "the cipher suite is none of the TLS version that is stated";
	if (s->cipher == SUITE_CIPHER_UNKNOWN)
		return "the cipher suite is not known";
	if (!suite_known(s))
		return "the name says only a part of the cipher suite";
	return "the TLS version is not known";
}

static enum grade
say(const char **reason, const char *why, enum grade g)
{
	if (reason != NULL)
		*reason = why;
	return g;
}

static void
suite_nothing(struct suite *s)
{
	memset(s, 0, sizeof(*s));
	s->least = SUITE_VERSION_SSL2;
	s->most = SUITE_VERSION_TLS13;
}

/* By the rules, of a suite whose version is known. */
static enum grade
walk(const struct profile *p, const struct suite *s, const char **reason)
{
	const struct profile_rule	*r = NULL;
	enum grade			 open = GRADE_UNKNOWN;
	enum holds			 h = HOLDS_NO;
	size_t				 i;
	int				 opened = 0, split = 0;

	for (i = 0; i < p->rules_count && h != HOLDS_YES; i++) {
		r = &p->rules[i];
		if ((h = rule_holds(r, s)) == HOLDS_NO)
			continue;
		split |= opened && r->grade != open;
		open = r->grade;
		opened = 1;
	}
	if (h != HOLDS_YES)
		return say(reason, opened ? why_open(s) : "no rule of the profile speaks of it", GRADE_UNKNOWN);
	if (split || (s->cipher == SUITE_CIPHER_UNKNOWN && r->grade > GRADE_LEGACY))
		return say(reason, why_open(s), GRADE_UNKNOWN);
	return say(reason, r->reason, r->grade);
}

/* The suite as it would be under that version. */
static struct suite
suite_under(const struct suite *s, enum suite_version version)
{
	struct suite	 under = *s;

	under.version = under.least = under.most = version;
	if (version == SUITE_VERSION_TLS13 && s->kx != SUITE_KX_GOST) {
		under.kx = SUITE_KX_ANY;
		under.auth = SUITE_AUTH_ANY;
		under.fs = 1;
	}
	return under;
}

enum grade
profile_grade(const struct profile *p, const struct suite *s, enum hop_tls tls, const char **reason)
{
	struct suite	 nothing, under;
	enum grade	 g = GRADE_UNKNOWN, each;
	unsigned int	 v;

	if (tls == HOP_TLS_NO)
		return say(reason, "no TLS", GRADE_NONE);
	if (tls != HOP_TLS_YES)
		return say(reason, "it is not known whether there was TLS", GRADE_UNKNOWN);
	if (s == NULL) {
		suite_nothing(&nothing);
		s = &nothing;
	}
	for (v = s->least; v <= (unsigned int)s->most; v++) {
		under = suite_under(s, (enum suite_version)v);
		each = walk(p, &under, reason);
		if (v != (unsigned int)s->least && each != g)
			return say(reason, why_open(s), GRADE_UNKNOWN);
		g = each;
	}
	return g;
}
