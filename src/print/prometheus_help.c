/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HELP lines. A family tells the counter behind a metric, where the metric's
 * own help tells how the rate is made of it.
 */
#include <string.h>

#include "print/prometheus_internal.h"

static const struct {
    const char *name, *help;
} prometheus_helps[] = {
    {"proxtop_vm_state", "1 for the state that the VM is in, 0 for all others."},
    {"proxtop_vm_stale_seconds",
     "Seconds since libvirt or QMP last answered for the VM; 0 while it answers."},
    {"proxtop_vm_start_time_seconds", "When the QEMU process started, in seconds since 1970."},
    {"proxtop_vm_vcpus", "Virtual CPUs that are plugged in."},
    {"proxtop_vm_cpu_seconds_total", "Time that the vCPU threads of the VM ran, summed."},
    {"proxtop_vm_cpu_wait_seconds_total",
     "Time that the vCPU threads of the VM were ready to run and the host did not run them, summed "
     "(ready time, steal time to the guest)."},
    {"proxtop_vm_cpu_throttled_seconds_total",
     "Time that the CPU limit of the VM held its threads back; it is part of the waiting time."},
    {"proxtop_vm_overhead_cpu_seconds_total",
     "Time that the threads of the VM ran which are no vCPUs, vhost threads included, summed."},
    {"proxtop_vm_overhead_wait_seconds_total",
     "Time that the threads of the VM which are no vCPUs were ready to run and did not, summed."},
    {"proxtop_vm_ready_max_ratio",
     "Share of the last interval in which the vCPU that waits most was ready to run and did not."},
    {"proxtop_vm_vcpu_seconds_total", "Time that the thread of the vCPU ran."},
    {"proxtop_vm_vcpu_wait_seconds_total",
     "Time that the thread of the vCPU was ready to run and the host did not run it."},
    {"proxtop_vm_memory_total_bytes", "Memory that the guest sees."},
    {"proxtop_vm_memory_used_bytes",
     "Memory used inside the guest; where its balloon driver does not tell, what is resident."},
    {"proxtop_vm_memory_virtual_bytes", "Virtual size of the QEMU process."},
    {"proxtop_vm_memory_resident_bytes",
     "Host memory resident for the VM, huge pages not included."},
    {"proxtop_vm_memory_minor_faults_total",
     "Page faults of the QEMU process that needed no reading."},
    {"proxtop_vm_memory_major_faults_total",
     "Page faults of the QEMU process that needed reading."},
    {"proxtop_vm_memory_host_swap_bytes", "Memory of the VM that the host has swapped out."},
    {"proxtop_vm_memory_hugetlb_bytes", "Huge pages of the VM."},
    {"proxtop_vm_disk_capacity_bytes", "Size of the disk as the guest sees it."},
    {"proxtop_vm_disk_allocation_bytes", "Space that the disk takes on the host."},
    {"proxtop_vm_disk_reads_total", "Read requests that the disk completed."},
    {"proxtop_vm_disk_writes_total", "Write requests that the disk completed."},
    {"proxtop_vm_disk_flushes_total", "Flush requests that the disk completed."},
    {"proxtop_vm_disk_read_bytes_total", "Bytes read from the disk."},
    {"proxtop_vm_disk_written_bytes_total", "Bytes written to the disk."},
    {"proxtop_vm_disk_read_seconds_total", "Time that read requests took, summed."},
    {"proxtop_vm_disk_write_seconds_total", "Time that write requests took, summed."},
    {"proxtop_vm_disk_flush_seconds_total", "Time that flush requests took, summed."},
    {"proxtop_vm_disk_errors_total", "Requests that failed."},
    {"proxtop_vm_net_receive_bytes_total", "Bytes that the VM received."},
    {"proxtop_vm_net_receive_packets_total", "Packets that the VM received."},
    {"proxtop_vm_net_receive_errors_total", "Errors on the way to the VM."},
    {"proxtop_vm_net_receive_drops_total", "Packets dropped on the way to the VM."},
    {"proxtop_vm_net_transmit_bytes_total", "Bytes that the VM transmitted."},
    {"proxtop_vm_net_transmit_packets_total", "Packets that the VM transmitted."},
    {"proxtop_vm_net_transmit_errors_total", "Errors on the way from the VM."},
    {"proxtop_vm_net_transmit_drops_total", "Packets dropped on the way from the VM."},
    {"proxtop_vm_io_read_bytes_total", "Bytes that the QEMU process had read from storage."},
    {"proxtop_vm_io_written_bytes_total", "Bytes that the QEMU process had written to storage."},
    {"proxtop_vm_io_read_calls_total", "System calls of the QEMU process that read."},
    {"proxtop_vm_io_write_calls_total", "System calls of the QEMU process that wrote."},
    {"proxtop_vm_info",
     "Id of the VM in Proxmox VE (empty elsewhere), whether it is a template, and its tags."},
    {"proxtop_vm_disk_info", "What the disk of the VM is made of."},
    {"proxtop_vm_nic_info", "Where the network interface of the VM is on the host."},

    {"proxtop_host_info", "Name and UUID of the host."},
    {"proxtop_host_cpus", "Logical CPUs that are online."},
    {"proxtop_host_cpu_frequency_hertz", "Frequency of the CPUs, their mean."},
    {"proxtop_host_cpu_seconds_total",
     "Time that the CPUs spent in each mode, summed; guest time is part of user and nice."},
    {"proxtop_host_cpu_guest_seconds_total", "Time that the CPUs ran guests, summed."},
    {"proxtop_host_memory_total_bytes", "Memory of the host (MemTotal)."},
    {"proxtop_host_memory_free_bytes", "Memory of the host that nothing uses (MemFree)."},
    {"proxtop_host_memory_available_bytes",
     "Memory of the host that can be had without swapping (MemAvailable)."},
    {"proxtop_host_swap_used_bytes", "Swap space in use."},
    {"proxtop_host_swap_in_bytes_total", "Bytes swapped in by the host."},
    {"proxtop_host_swap_out_bytes_total", "Bytes swapped out by the host."},
    {"proxtop_host_zfs_arc_bytes", "Memory of the ZFS ARC."},
    {"proxtop_host_disk_reads_total", "Read requests that the device completed."},
    {"proxtop_host_disk_writes_total", "Write requests that the device completed."},
    {"proxtop_host_disk_read_bytes_total", "Bytes read from the device."},
    {"proxtop_host_disk_written_bytes_total", "Bytes written to the device."},
    {"proxtop_host_disk_inflight", "Requests that the device has not completed yet."},
    {"proxtop_host_disk_read_seconds_total", "Time that read requests took, summed."},
    {"proxtop_host_disk_write_seconds_total", "Time that write requests took, summed."},
    {"proxtop_host_disk_io_seconds_total", "Time that the device was busy."},
    {"proxtop_host_disk_io_weighted_seconds_total",
     "Time that the device was busy, times the requests in flight."},
    {"proxtop_host_net_receive_bytes_total", "Bytes that the device received."},
    {"proxtop_host_net_receive_packets_total", "Packets that the device received."},
    {"proxtop_host_net_receive_errors_total", "Errors of the device on reception."},
    {"proxtop_host_net_receive_drops_total", "Packets dropped on reception."},
    {"proxtop_host_net_transmit_bytes_total", "Bytes that the device transmitted."},
    {"proxtop_host_net_transmit_packets_total", "Packets that the device transmitted."},
    {"proxtop_host_net_transmit_errors_total", "Errors of the device on transmission."},
    {"proxtop_host_net_transmit_drops_total", "Packets dropped on transmission."},
    {"proxtop_host_net_speed_bytes", "Speed of the link, in bytes per second."},
    {"proxtop_host_pressure_seconds_total",
     "Time that some tasks, or all, stalled for want of a resource."},

    {"proxtop_vms", "VMs in each state."},
    {"proxtop_up", "1 while the source of the VMs answers."},
    {"proxtop_build_info", "Version of proxtop."},
    {"proxtop_last_cycle_timestamp_seconds",
     "When these figures were read, in seconds since 1970."},
    {"proxtop_cycle_seconds", "Time that reading and calculating these figures took."},
    {"proxtop_late_cycles_total", "Cycles that came too late and were left out."},
    {"proxtop_dropped_cycles_total", "Cycles that did not get to where they were sent."},
    {"process_cpu_seconds_total", "CPU time that proxtop has used."},
    {"process_resident_memory_bytes", "Memory resident for proxtop."},
};

const char *prometheus_help(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(prometheus_helps); i++) {
        if (strcmp(prometheus_helps[i].name, name) == 0)
            return prometheus_helps[i].help;
    }
    return NULL;
}
