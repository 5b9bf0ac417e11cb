/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the columns are called, how wide they are and what they say: tables. */
#include "base/util.h"
#include "tui/column_internal.h"

/* Widths are those of the numbers that are usual, so that columns stand still. */
const struct column_text column_texts[] = {
    {SCOPE_VM, VM_UUID, NULL, 0, "UUID of the VM; copies of a VM can share one"},
    {SCOPE_VM, VM_STALE, NULL, 5,
     "for how many seconds QMP or libvirt has not answered for this VM; 0: it answers. What "
     "comes from the host's kernel goes on meanwhile"},
    {SCOPE_VM, VM_CPU_CORES, "vCPU", 4, "virtual CPUs that are plugged in now"},
    {SCOPE_VM, VM_CPU_TOTAL, NULL, 5,
     "how busy the vCPUs are, mean over them; below a VM: that vCPU. 100 = each runs all the time"},
    {SCOPE_VM, VM_CPU_STEAL, NULL, 5,
     "ready to run but waiting for a host CPU, mean of its vCPUs; esxtop's group %RDY is this x "
     "vCPUs; contains %LIM, without which its colour is judged. Above 100 when a long wait ended "
     "in this interval"},
    {SCOPE_VM, VM_CPU_TOTAL_MAX, NULL, 0, "the busiest vCPU"},
    {SCOPE_VM, VM_CPU_STEAL_MAX, "RDYMX", 5,
     "the vCPU that waits most: %RDY of that one. One starved vCPU of many vanishes in the mean. "
     "Its colour is judged without %LIM"},
    {SCOPE_VM, VM_CPU_HOST_USED, NULL, 5,
     "host CPUs that the VM uses now, vCPUs plus overhead: 3.10 = 3.1 CPUs"},
    {SCOPE_VM, VM_CPU_THROTTLED, NULL, 5,
     "held back by its own CPU limit (PVE cpulimit, libvirt quota), mean of its vCPUs. %RDY minus "
     "%LIM is the host being too full"},
    {SCOPE_VM, VM_CPU_OTHER_TOTAL, NULL, 6,
     "QEMU outside the vCPUs (emulation, iothreads, vhost), in % of ONE host CPU"},
    {SCOPE_VM, VM_CPU_OTHER_STEAL, NULL, 0,
     "what QEMU outside the vCPUs waited for a host CPU, all its threads summed, in % of ONE host "
     "CPU"},
    {SCOPE_VCPU, VCPU_VCPU_ID, "vCPU-ID", 0, NULL},
    {SCOPE_VCPU, VCPU_VCPU_TID, NULL, 0, "id of the vCPU's thread on the host"},

    {SCOPE_VM, VM_RAM_TOTAL, NULL, 0, "memory that the guest sees"},
    {SCOPE_VM, VM_RAM_USED, NULL, 7,
     "memory in use inside the guest, by its balloon driver's word. ~: it tells nothing, so that "
     "this is what it takes of the host"},
    {SCOPE_VM, VM_RAM_RSS, NULL, 7, "host memory that the VM takes now; huge pages are outside it"},
    {SCOPE_VM, VM_RAM_MINFLT, NULL, 0, "page faults per s that needed no disk"},
    {SCOPE_VM, VM_RAM_CMINFLT, NULL, 0, "MINFLT of QEMU's children that ended"},
    {SCOPE_VM, VM_RAM_MAJFLT, NULL, 0, "page faults per s that waited for a disk: the host swaps"},
    {SCOPE_VM, VM_RAM_CMAJFLT, NULL, 0, "MAJFLT of QEMU's children that ended"},
    {SCOPE_VM, VM_RAM_FREE, NULL, 0, "memory free inside the guest, by its balloon driver's word"},
    {SCOPE_VM, VM_RAM_ACTUAL, NULL, 0, "size that the balloon leaves to the guest"},
    {SCOPE_VM, VM_RAM_MAX, NULL, 0, "memory that the VM may have at most"},
    {SCOPE_VM, VM_RAM_SWAPIN, NULL, 0, "what the guest itself swaps in, KB per s"},
    {SCOPE_VM, VM_RAM_SWAPOUT, NULL, 0, "what the guest itself swaps out, KB per s"},
    {SCOPE_VM, VM_RAM_HOSTSWAP, NULL, 5,
     "memory of the VM that the host has swapped out (title SWAP in view ALL)"},

    {SCOPE_VM, VM_DISK_SIZE_CAPACITY, NULL, 7,
     "size of the disk as the guest sees it; of a VM: of all its disks, no CD-ROM, floppy or "
     "EFI variables"},
    {SCOPE_VM, VM_DISK_SIZE_ALLOCATION, NULL, 7, "space that the image takes on the host"},
    {SCOPE_VM, VM_DISK_IOUTIL, NULL, 0,
     "estimate: of the time that the host's device below was busy, the share that was for this "
     "VM, by bytes. None where no block device of this host holds the image"},
    {SCOPE_VM, VM_DISK_READS, NULL, 0, "reads that the guest completed per s"},
    {SCOPE_VM, VM_DISK_WRITES, NULL, 0, "writes that the guest completed per s"},
    {SCOPE_VM, VM_DISK_MBREAD, NULL, 0, "what the guest reads, MB (2^20 bytes) per s"},
    {SCOPE_VM, VM_DISK_MBWRITE, NULL, 0, "what the guest writes, MB (2^20 bytes) per s"},
    {SCOPE_VM, VM_DISK_LAT_RD, NULL, 0,
     "ms that a read takes, mean: what the guest waits for (esxtop GAVG/rd). Coloured from 10 "
     "reads in the interval on"},
    {SCOPE_VM, VM_DISK_LAT_WR, NULL, 0,
     "ms that a write takes, mean (esxtop GAVG/wr). Coloured from 10 writes in the interval on"},
    {SCOPE_VM, VM_DISK_LAT_FL, NULL, 0,
     "ms that a flush takes, mean: until it lies safely on the disk. Coloured from 10 flushes in "
     "the interval on"},
    {SCOPE_VM, VM_DISK_LAT_AVG, NULL, 0,
     "ms that a read, write or flush takes, mean. Coloured from 10 of them in the interval on"},
    {SCOPE_VM, VM_DISK_SIZE_PHYSICAL, NULL, 0, "size of the image file, or of the device"},
    {SCOPE_VM, VM_DISK_INFLIGHT, NULL, 5, "requests in flight, mean (esxtop ACTV)"},
    {SCOPE_VM, VM_DISK_ERRORS, NULL, 0,
     "requests per s that failed; none where nobody counts them"},
    {SCOPE_VM, VM_DISK_STATS_FLUSHREQ, NULL, 0, "flushes that the guest completed per s"},
    {SCOPE_VM, VM_DISK_STATS_RDTOTALTIMES, NULL, 0, "ms per s that reads took, summed"},
    {SCOPE_VM, VM_DISK_STATS_WRTOTALTIMES, NULL, 0, "ms per s that writes took, summed"},
    {SCOPE_VM, VM_DISK_STATS_FLUSHTOTALTIMES, NULL, 0, "ms per s that flushes took, summed"},
    {SCOPE_VM, VM_DISK_DELAYBLKIO, NULL, 0,
     "ms per s that QEMU's main thread waited for a disk; none unless the kernel accounts for it "
     "(sysctl kernel.task_delayacct)"},

    {SCOPE_VM, VM_NET_RECEIVEDBYTES, NULL, 6,
     "what the VM receives, in Mb (10^6 bits) per s; u: in bytes"},
    {SCOPE_VM, VM_NET_TRANSMITTEDBYTES, NULL, 6,
     "what the VM sends, in Mb (10^6 bits) per s; u: in bytes"},
    {SCOPE_VM, VM_NET_RECEIVEDPACKETS, NULL, 0, "packets that the VM receives per s"},
    {SCOPE_VM, VM_NET_TRANSMITTEDPACKETS, NULL, 0, "packets that the VM sends per s"},
    {SCOPE_VM, VM_NET_RECEIVEDDROP, NULL, 0,
     "packets for the VM that were dropped per s: it does not fetch them fast enough"},
    {SCOPE_VM, VM_NET_TRANSMITTEDDROP, NULL, 0, "packets of the VM that were dropped per s"},
    {SCOPE_VM, VM_NET_RECEIVEDERRS, NULL, 0, "faulty packets per s for the VM"},
    {SCOPE_VM, VM_NET_TRANSMITTEDERRS, NULL, 0, "faulty packets per s of the VM"},
    {SCOPE_VM, VM_NET_RECEIVEDFIFO, NULL, 0, "packets for the VM lost per s: a queue was full"},
    {SCOPE_VM, VM_NET_TRANSMITTEDFIFO, NULL, 0, "packets of the VM lost per s: a queue was full"},
    {SCOPE_VM, VM_NET_RECEIVEDFRAME, NULL, 0, "badly framed packets per s; a tap counts none"},
    {SCOPE_VM, VM_NET_RECEIVEDCOMPRESSED, NULL, 0, "compressed packets received per s"},
    {SCOPE_VM, VM_NET_TRANSMITTEDCOMPRESSED, NULL, 0, "compressed packets sent per s"},
    {SCOPE_VM, VM_NET_RECEIVEDMULTICAST, NULL, 0,
     "multicast packets received per s; a tap counts none"},
    {SCOPE_VM, VM_NET_TRANSMITTEDCOLLS, NULL, 0, "collisions per s; a tap counts none"},
    {SCOPE_VM, VM_NET_TRANSMITTEDCARRIER, NULL, 0, "losses of carrier per s; a tap counts none"},
    {SCOPE_VM, VM_NET_INTERFACES, NULL, 0, "network interfaces of the host that are the VM's"},
    {SCOPE_VMNIC, VMNIC_NIC_KIND, NULL, 0, NULL},

    {SCOPE_VM, VM_IO_MBRD_S, "IOMBRD/s", 0,
     "what QEMU itself read from storage, MB (2^20 bytes) per s: the host's page cache spares it"},
    {SCOPE_VM, VM_IO_MBWR_S, "IOMBWR/s", 0,
     "what QEMU itself wrote to storage, MB (2^20 bytes) per s"},
    {SCOPE_VM, VM_IO_RDOPS, NULL, 0, "system calls of QEMU that read, per s"},
    {SCOPE_VM, VM_IO_WROPS, NULL, 0, "system calls of QEMU that write, per s"},
    {SCOPE_VM, VM_IO_RCHAR, NULL, 0,
     "bytes per s that QEMU's system calls read, from the cache too"},
    {SCOPE_VM, VM_IO_WCHAR, NULL, 0,
     "bytes per s that QEMU's system calls wrote, into the cache too"},
    {SCOPE_VM, VM_IO_CANCELLED_WRITE_BYTES, NULL, 0,
     "bytes per s that were written into the cache and deleted before they reached a disk"},

    {SCOPE_VM, VM_PSI_SOME_CPU_TOTAL, "PSI-CPU", 0,
     "pressure of the VM's own cgroup: us in which some of its tasks waited for a CPU, since it "
     "was made"},
    {SCOPE_VM, VM_PSI_SOME_IO_TOTAL, "PSI-IO", 0, "the same, of tasks that waited for I/O"},
    {SCOPE_VM, VM_PSI_SOME_MEM_TOTAL, "PSI-MEM", 0, "the same, of tasks that waited for memory"},

    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDBYTES, NULL, 6,
     "what the host receives on it, in Mb (10^6 bits) per s; u: in bytes"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDBYTES, NULL, 6,
     "what the host sends on it, in Mb (10^6 bits) per s; u: in bytes"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDPACKETS, NULL, 0, "packets received per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDPACKETS, NULL, 0, "packets sent per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDDROP, NULL, 0, "received packets dropped per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDDROP, NULL, 0, "packets to send dropped per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDERRS, NULL, 0, "faulty packets received per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDERRS, NULL, 0, "packets per s that failed to leave"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDFIFO, NULL, 0, "packets lost per s: a queue was full"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDFIFO, NULL, 0,
     "packets to send lost per s: a queue was full"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDFRAME, NULL, 0, "badly framed packets per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDCOMPRESSED, NULL, 0,
     "compressed packets received per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDCOMPRESSED, NULL, 0, "compressed packets sent per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDMULTICAST, NULL, 0, "multicast packets received per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDCOLLS, NULL, 0, "collisions per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDCARRIER, NULL, 0, "losses of carrier per s"},
    {SCOPE_NETDEV, NETDEV_NET_HOST_SPEED, NULL, 6,
     "speed of the link, Mb (10^6 bits) per s; none without a link"},

    {SCOPE_BLOCKDEV, BLOCKDEV_CLASS, NULL, 5,
     "what it is: disk, part, lvm, mpath, md, zvol, rbd, dm or other"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS, NULL, 0, "reads completed per s"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_WRITES, NULL, 0, "writes completed per s"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_MBREAD, NULL, 0, "MB (2^20 bytes) read per s"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_MBWRITE, NULL, 0, "MB (2^20 bytes) written per s"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL, NULL, 0,
     "of the time, how much the device had something to do; a device that does many things at "
     "once (SSD, array) can take more at 100"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_CURRENTOPS, NULL, 0, "requests in flight at this moment"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_QUEUELEN, NULL, 0, "requests in flight, mean"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_SERVICETIME, NULL, 0,
     "ms of the device's busy time per request"},
    {SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_AWAIT, NULL, 0,
     "ms that a request takes with its time in the queue, mean. Coloured from 10 requests in the "
     "interval on"},
};
const size_t column_texts_count = ARRAY_SIZE(column_texts);

const struct column_own column_owns[] = {
    {COLUMN_NAME, FAMILY_VM, SCOPE_VM, VM_NAME, NULL, "NAME", 11, true,
     "name of the VM; below it, its vCPUs, disks and NICs"},
    {COLUMN_ID, FAMILY_VM, SCOPE_VM, -1, "id", "ID", 4, true,
     "VMID on Proxmox VE, else the UUID (its first 8 characters where there is no room), else the "
     "process id of QEMU"},
    {COLUMN_STATE, FAMILY_VM, SCOPE_VM, VM_STATE, NULL, "S", 1, true,
     "state: R running, P paused, E stopped by an I/O error, X crashed, i o migrating in and out, "
     "s suspended, V saving, D shut down, ? not known"},
    {COLUMN_WHY, FAMILY_VM, SCOPE_VM, -1, "why", "WHY", 5, true,
     "what the VM suffers from most. STUCK: QMP or libvirt does not answer. IOERR: stopped by an "
     "I/O error, or its disks fail requests. CRASH: crashed. SWAP: the guest swaps, or the host "
     "swapped it out. RDY: a vCPU "
     "waits for a host CPU. LIM: its own CPU limit holds it back. LAT: a disk answers slowly. "
     "DROP: packets are dropped or faulty. Key ! sorts by it"},
    {COLUMN_IOPS, FAMILY_VM, SCOPE_VM, -1, "iops", "IOPS", 5, false,
     "reads and writes that the guest completed per s. >: a disk that nobody can measure is not "
     "in it"},
    {COLUMN_THROUGHPUT, FAMILY_VM, SCOPE_VM, -1, "mbs", "MB/s", 5, false,
     "what the guest reads and writes, MB (2^20 bytes) per s"},
    {COLUMN_LATENCY, FAMILY_VM, SCOPE_VM, -1, "lat", "LAT", 5, false,
     "what the guest waits for (esxtop GAVG): ms that a request takes, mean, on the worst disk of "
     "the VM that had at least 1 I/O per s. Coloured from 10 I/Os in the interval on"},
    {COLUMN_TRAFFIC, FAMILY_VM, SCOPE_VM, -1, "traffic", "RX+TX", 6, false,
     "what the VM receives and sends, in Mb (10^6 bits) per s; u: in bytes"},
    {COLUMN_HISTORY, FAMILY_VM, SCOPE_VM, -1, "history", "HISTORY", 10, true,
     "%USED over the last steps of 2 s, newest on the right; full height = 100"},
    {COLUMN_DISK, FAMILY_VM, SCOPE_VMDISK, VMDISK_DISK_NAME, NULL, "DISK", 6, true,
     "name of the VM's disk (vda, scsi0); a VM's own row is the total of its disks"},
    {COLUMN_NIC, FAMILY_VM, SCOPE_VMNIC, VMNIC_NIC, NULL, "NIC", 5, true,
     "name of the VM's NIC (net0); a VM's own row is the total of its NICs"},
    {COLUMN_INTERFACE, FAMILY_VM, SCOPE_VMNIC, VMNIC_NIC_NAME, NULL, "IFACE", 9, true,
     "the host's interface of that NIC (tap100i0, vnet3)"},
    {COLUMN_IO_THROUGHPUT, FAMILY_VM, SCOPE_VM, -1, "iombs", "IOMB/s", 6, false,
     "what QEMU itself read from and wrote to storage, MB (2^20 bytes) per s"},

    {COLUMN_NAME, FAMILY_NETDEV, SCOPE_NETDEV, NETDEV_DEVICE, NULL, "DEVICE", 15, true,
     "name of the network device"},
    {COLUMN_TRAFFIC, FAMILY_NETDEV, SCOPE_NETDEV, -1, "traffic", "RX+TX", 6, false,
     "what the host receives and sends on it, in Mb (10^6 bits) per s; u: in bytes"},

    {COLUMN_NAME, FAMILY_BLOCKDEV, SCOPE_BLOCKDEV, BLOCKDEV_DEVICE, NULL, "DEVICE", 15, true,
     "kernel's name of the device, or its name in /dev/mapper"},
    {COLUMN_IOPS, FAMILY_BLOCKDEV, SCOPE_BLOCKDEV, -1, "iops", "IOPS", 6, false,
     "reads and writes completed per s"},
    {COLUMN_THROUGHPUT, FAMILY_BLOCKDEV, SCOPE_BLOCKDEV, -1, "mbs", "MB/s", 6, false,
     "MB (2^20 bytes) read and written per s"},
};
const size_t column_owns_count = ARRAY_SIZE(column_owns);
