/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when each VM is in the state that it is in, as far as it was watched. */
#ifndef PROXTOP_TUI_STATES_H
#define PROXTOP_TUI_STATES_H

#include <time.h>

#include "tui/facts.h"

struct state_since {
    uint64_t id;
    time_t at; /* when it was seen in this state first */
    enum vm_state state;
    bool earlier; /* it was in it when it was seen at all for the first time */
};

struct states {
    struct state_list {
        struct state_since *list; /* by VM row of the frame */
        size_t count, capacity;
    } now, before;
};

/* Takes what the facts of a new frame, of that wall-clock time, tell. VMs that they
 * do not know are forgotten; memory is kept. */
void states_look(struct states *states, const struct facts *facts, time_t wall);
void states_done(struct states *states);

/* NULL = the VM is not known. */
const struct state_since *states_find(const struct states *states, uint64_t id);

#endif
