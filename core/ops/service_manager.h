// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_OPS_SERVICE_MANAGER_H
#define MEDINA_OPS_SERVICE_MANAGER_H

// What systemd wants to know of a service of Type=notify (sd_notify(3)): datagrams of text on the
// socket that $NOTIFY_SOCKET names, an abstract one when it begins with '@'. Without that variable,
// or when nobody reads, nothing happens.

void service_manager_ready(void);       // it serves: READY=1
void service_manager_main_pid(int pid); // another process is the service now: MAINPID=
void service_manager_stopping(void);    // STOPPING=1

#endif
