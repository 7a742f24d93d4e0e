/* SPDX-License-Identifier: ISC */
/* Asks the running daemon over its control socket. */
#ifndef HOPWARD_CTL_CONTROL_H
#define HOPWARD_CTL_CONTROL_H

#include <stdint.h>

#include <jansson.h>

#define CONTROL_ANSWER_MAX	(4u * 1024 * 1024)	/* octets of an answer; status is some KB */

enum control_result {
	CONTROL_OK,
	CONTROL_DOWN,		/* nobody listens */
	CONTROL_DENIED,		/* no right to the socket */
	CONTROL_SILENT,		/* no answer in time */
	CONTROL_BAD		/* an answer that is no JSON object, or too long */
};

/*
 * Sends {"command":COMMAND} as one packet and reads packets until end of file.
 * CONTROL_OK gives *answer, a JSON object (json_decref).  Otherwise err is one line that says what to do.
 */
enum control_result control_ask(const char *socket, const char *command, uint64_t timeout_ms,
	    json_t **answer, char *err, size_t errlen);
/* The same, and behind it the lines that the command needs; NULL: none. */
enum control_result control_ask_with(const char *socket, const char *command, const char *lines, uint64_t timeout_ms,
	    json_t **answer, char *err, size_t errlen);

#endif
