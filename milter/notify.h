/* SPDX-License-Identifier: ISC */
/* Tells the service manager how the daemon is: sd_notify(3)'s protocol, in the three words that are needed. */
#ifndef HOPWARD_NOTIFY_H
#define HOPWARD_NOTIFY_H

/* Nothing happens where NOTIFY_SOCKET is not set. */
void	notify_ready(void);
void	notify_reloading(void);
void	notify_stopping(void);

#endif
