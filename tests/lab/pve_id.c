/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into a QEMU that does not have Proxmox VE's option -id: takes it
 * from what main() gets. /proc/PID/cmdline shows the arguments as they were.
 */
#include <dlfcn.h>
#include <string.h>

typedef int main_function(int argc, char **argv, char **envp);
typedef int start_function(main_function *main, int argc, char **argv, void (*init)(void),
                           void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

start_function __libc_start_main;

static main_function *pve_main;

static int pve_main_without_id(int argc, char **argv, char **envp)
{
    int kept = 0;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-id") == 0 && i + 1 < argc)
            i++;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return pve_main(kept, argv, envp);
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_function *next = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");

    pve_main = main;
    return next(pve_main_without_id, argc, argv, init, fini, rtld_fini, stack_end);
}
