// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_PROOF_DISK_H
#define TESTS_MONEY_PROOF_DISK_H

#include <stdbool.h>
#include <stdint.h>

// A disk between SQLite and the files on which something goes wrong at a chosen moment: a SQLite
// VFS around the machine's own. Its moments are counted over all files of the database: every
// write, truncation and deletion is a point, every sync is two, before it and after it.
//
// It never syncs the machine's disk. Instead it knows what a power cut would leave: what was synced
// is there, and of what was not each 512-byte sector of each write is there or not, or torn, or
// holds rubbish (the database is opened with psow=0, so a sector that is being written may take its
// neighbours' bytes with it).

enum disk_fault {
    DISK_COUNTS, // nothing goes wrong
    DISK_KILLS,  // the process dies by SIGKILL; of a write a part has happened
    DISK_FAILS,  // the operation answers code
    DISK_CUTS,   // the power goes: every operation from then on answers SQLITE_IOERR
    DISK_STOPS,  // the host is dead, the machine is not: as above, but the files stay as they are
};

struct disk_plan {
    enum disk_fault fault;
    uint64_t at;       // the point, from 1; 0: never
    int code;          // of DISK_FAILS
    uint64_t lasts;    // so many points from there on fail [1]
    unsigned seed;     // of what a cut leaves
    bool forgetful;    // follows no file: for a kill, which only loses what is in the process
    bool never_sync;   // a sync says that it worked and did nothing
    bool says_psow;    // as if opened with psow=1: SQLite trusts in what does not hold
    bool control_psow; // and admits it
};

// Becomes SQLite's default VFS, once a process, and starts to count. No file of it may be open.
void disk_begin(const struct disk_plan *plan);

// The same while files are open: what they hold that is not synced is kept.
void disk_plan(const struct disk_plan *plan);

uint64_t disk_points(void); // since the plan was made
bool disk_struck(void);     // it has come to the point
uint64_t disk_failed_syncs(void);

void disk_cut_now(void);

// After a cut, when no file is open any more: the files become what the cut left of them. Without
// a cut before, the power goes now.
void disk_power_on(void);

#endif
