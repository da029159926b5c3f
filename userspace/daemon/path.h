/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From negotiated legs to flows: which there must be, and the steps from those that
 * there are.
 */
#ifndef XSRTPD_PATH_H
#define XSRTPD_PATH_H

#include "call.h"

/*
 * path_check() - could they be? What within a call may not change is known before
 * anything of an answer is done, so that one that is refused ends no media.
 */
int path_check(const struct medium *m, const struct leg legs[2], char *err, size_t err_len);

/*
 * path_set() - the flows of @m made as @legs say; then the legs are m->leg
 *
 * New flows come first: if one cannot be made, those that were are taken back, and
 * nothing has changed. If one that is there cannot be changed, which it could before,
 * the ones before it have been, and the legs are the former.
 *
 * 0, or -errno with a sentence in @err.
 */
int path_set(struct calls *s, struct medium *m, const struct leg legs[2], char *err, size_t err_len);

/*
 * path_settle() - what arrives at the leg @at is under its key and no former one
 *
 * 0, or -errno with a sentence in @err.
 */
int path_settle(struct calls *s, const struct medium *m, int at, char *err, size_t err_len);

/* path_any() - there is a flow of it. */
bool path_any(const struct medium *m);

/*
 * path_place() - where a flow arrives at the leg @at, and where it is sent on from
 *
 * false: there is none of this part, whatever is negotiated.
 */
bool path_place(const struct medium *m, int at, enum part part, struct endpoint *local,
		struct endpoint *source);

/* path_adopt() - @f, which is there and at that place, is the flow of it. */
void path_adopt(struct medium *m, int at, enum part part, const struct flow *f);

/* path_stop() - no flow of @m is left. What cannot be deleted is counted and said. */
void path_stop(struct calls *s, struct medium *m);

#endif /* XSRTPD_PATH_H */
