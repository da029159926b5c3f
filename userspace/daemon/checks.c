// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of ICE, and what follows.
 */
#include "checks.h"

#include <stdio.h>

#include "memory.h"
#include "path.h"
#include "say.h"

static void tell(const struct endpoint *to, const char *why)
{
	char text[ENDPOINT_STRLEN];

	say(why ? SAY_ERROR : SAY_INFO, "ICE: %s nominated%s%s", endpoint_format(to, text),
	    why ? ", but media cannot go there: " : "", why ?: "");
}

/*
 * Flows first. Where they cannot be moved the leg stays as it was, and the peer, which
 * checks again, is tried again.
 */
static void nominate(struct calls *s, struct medium *m, int end, int part, const struct endpoint *to)
{
	struct leg legs[2];
	char why[512];
	int ret;

	memcpy(legs, m->leg, sizeof(legs));
	ice_choose(&legs[end].ice, part, to);
	legs[end].remote[part] = *to;
	ret = path_set(s, m, legs, why, sizeof(why));
	explicit_bzero(legs, sizeof(legs));
	tell(to, ret ? why : NULL);
	if (ret)
		return;
	memory_changed(s, m->call);
	/* Of a call that was taken up again the association is lost, and its keys are not. */
	if (part == PART_RTP && sdp_dtls(m->leg[end].proto) && m->secure[end].certificate)
		keying_follow(s, m, end, keying_fresh(&m->secure[end], &m->leg[end], &m->leg[end]));
}

bool checks_take(struct calls *s, struct medium *m, int end, int part, struct ice_door *door,
		 const struct endpoint *from, uint64_t now_us, const uint8_t *packet, size_t len, struct buf *answer)
{
	enum ice_verdict v = ice_check(&m->leg[end].ice, door, part, from, now_us, packet, len, answer);

	if (v == ICE_NOMINATED)
		nominate(s, m, end, part, from);
	return v != ICE_PASSED_OVER;
}
