// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_CHECK_H
#define MEDINA_MAIN_CHECK_H

// medinad --check FILE …: everything that a load checks, on a file, without a host: no store, no
// listening socket, nothing left behind. Prints a line a step; the steps are those of a load, by
// the same functions, and end with a real runner process that loads, starts and tests the plugin.
//
// arguments are those after --check. Returns the exit code: 0 the file would load, 1 it would not,
// 2 wrong arguments or settings, or a file that cannot be read.
int check_run(int argc, char **arguments);

#endif
