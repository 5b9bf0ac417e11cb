# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of proxtop in fish. Made by ./dev generate of the tables of options and metrics; what
# is not made of them stands in completions/fish.in. Runs no program.

# What the present word is behind its '='.
function __proxtop_value
    string replace -r '^--[^=]*=' '' -- (commandline -ct)
end

# The words, as the last one of a list with commas.
function __proxtop_list
    set -l head (string replace -r '[^,]*$' '' -- (__proxtop_value))
    for word in $argv
        echo $head$word
    end
end

function __proxtop_fields
    set -l value (__proxtop_value)
    set -l head (string replace -r '([+-]?)[^,]*$' '$1' -- $value)
    set -l words $__proxtop_words_fields
    if string match -q '*.*' -- (string replace -r '.*,' '' -- $value)
        set words $__proxtop_words_scope_fields
    end
    for word in $words
        echo $head$word
    end
end

function __proxtop_sort
    set -l value (__proxtop_value)
    if string match -q '*:*' -- $value
        set -l key (string replace -r ':.*' '' -- $value)
        echo $key:asc
        echo $key:desc
    else
        for word in $__proxtop_words_columns
            echo $word
        end
    end
end

function __proxtop_nics
    set -l words
    for path in /sys/class/net/*
        set -a words (string replace -r '.*/' '' -- $path)
    end
    __proxtop_list $words
end

function __proxtop_disks
    set -l words
    for path in /sys/block/*
        set -a words (string replace -r '.*/' '' -- $path)
    end
    __proxtop_list $words
end

function __proxtop_metrics
    __proxtop_list $__proxtop_words_metrics
end

# PRINTER[@SECONDS],OUTPUT[,TARGET]
function __proxtop_sink
    set -l value (__proxtop_value)
    if string match -q '*,*' -- $value
        set -l printer (string replace -r ',.*' '' -- $value)
        for word in $__proxtop_words_output
            echo $printer,$word
        end
    else
        for word in $__proxtop_words_printer
            echo $word,
        end
    end
end

complete -c proxtop -f
set -g __proxtop_words_printer ncurses text json csv prometheus influx
set -g __proxtop_words_output stdout file tcp udp http serve
set -g __proxtop_words_fields UUID name pid vmid state stale start_time cpu_cores cpu_curfreq cpu_user cpu_system cpu_idle cpu_steal cpu_minfreq cpu_maxfreq cpu_nice cpu_iowait cpu_irq cpu_softirq cpu_guest cpu_guestnice cpu_total cpu_total_max cpu_steal_max cpu_host_used cpu_throttled cpu_other_total cpu_other_steal vcpu_id vcpu_total vcpu_steal vcpu_tid ram_Total ram_Free ram_Available ram_Buffers ram_Cached ram_SwapCached ram_Active ram_Inactive ram_ActiveAnon ram_InactiveAnon ram_ActiveFile ram_InactiveFile ram_Unevictable ram_Mlocked ram_SwapTotal ram_SwapFree ram_Dirty ram_Writeback ram_AnonPages ram_Mapped ram_Shmem ram_Slab ram_SReclaimable ram_SUnreclaim ram_KernelStack ram_PageTables ram_NFSUnstable ram_Bounce ram_WritebackTmp ram_CommitLimit ram_CommittedAS ram_VmallocTotal ram_VmallocUsed ram_VmallocChunk ram_HardwareCorrupted ram_AnonHugePages ram_ShmemHugePages ram_ShmemPmdMapped ram_HugePagesTotal ram_HugePagesFree ram_HugePagesRsvd ram_HugePagesSurp ram_Hugepagesize ram_Hugetlb ram_DirectMap4k ram_DirectMap2M ram_DirectMap1G ram_SwapUsed ram_SwapIn ram_SwapOut ram_ZfsArc ram_total ram_used ram_vsize ram_rss ram_minflt ram_cminflt ram_majflt ram_cmajflt ram_free ram_actual ram_max ram_swapin ram_swapout ram_hostswap ram_hugetlb disk_device_reads disk_device_writes disk_device_mbread disk_device_mbwrite disk_device_ioutil disk_device_currentops disk_device_queuelen disk_device_servicetime disk_device_await disk_device_readsmerged disk_device_sectorsread disk_device_timereading disk_device_writesmerged disk_device_sectorswritten disk_device_timewriting disk_device_timeforops disk_device_weightedtimeforops device class disk_device_count disk_size_capacity disk_size_allocation disk_ioutil disk_reads disk_writes disk_mbread disk_mbwrite disk_lat_rd disk_lat_wr disk_lat_fl disk_lat_avg disk_size_physical disk_inflight disk_errors disk_stats_flushreq disk_stats_rdtotaltimes disk_stats_wrtotaltimes disk_stats_flushtotaltimes disk_name disk_delayblkio net_host_receivedBytes net_host_receivedPackets net_host_receivedErrs net_host_receivedDrop net_host_receivedFifo net_host_receivedFrame net_host_receivedCompressed net_host_receivedMulticast net_host_transmittedBytes net_host_transmittedPackets net_host_transmittedErrs net_host_transmittedDrop net_host_transmittedFifo net_host_transmittedColls net_host_transmittedCarrier net_host_transmittedCompressed net_host_speed net_receivedBytes net_receivedPackets net_receivedErrs net_receivedDrop net_receivedFifo net_receivedFrame net_receivedCompressed net_receivedMulticast net_transmittedBytes net_transmittedPackets net_transmittedErrs net_transmittedDrop net_transmittedFifo net_transmittedColls net_transmittedCarrier net_transmittedCompressed net_interfaces nic nic_name nic_kind io_MBRD/s io_MBWR/s io_RDOPS io_WROPS io_rchar io_wchar io_cancelled_write_bytes psi_some_cpu_avg60 psi_some_cpu_avg10 psi_some_cpu_avg300 psi_some_cpu_total psi_some_io_avg60 psi_some_io_avg10 psi_some_io_avg300 psi_some_io_total psi_full_io_avg60 psi_full_io_avg10 psi_full_io_avg300 psi_full_io_total psi_some_mem_avg60 psi_some_mem_avg10 psi_some_mem_avg300 psi_some_mem_total psi_full_mem_avg60 psi_full_mem_avg10 psi_full_mem_avg300 psi_full_mem_total host_name host_uuid
set -g __proxtop_words_scope_fields vm.UUID vm.name vm.pid vm.vmid vm.state vm.stale vm.start_time host.cpu_cores host.cpu_curfreq host.cpu_user host.cpu_system host.cpu_idle host.cpu_steal host.cpu_minfreq host.cpu_maxfreq host.cpu_nice host.cpu_iowait host.cpu_irq host.cpu_softirq host.cpu_guest host.cpu_guestnice vm.cpu_cores vm.cpu_total vm.cpu_steal vm.cpu_total_max vm.cpu_steal_max vm.cpu_host_used vm.cpu_throttled vm.cpu_other_total vm.cpu_other_steal vcpu.vcpu_id vcpu.vcpu_total vcpu.vcpu_steal vcpu.vcpu_tid host.ram_Total host.ram_Free host.ram_Available host.ram_Buffers host.ram_Cached host.ram_SwapCached host.ram_Active host.ram_Inactive host.ram_ActiveAnon host.ram_InactiveAnon host.ram_ActiveFile host.ram_InactiveFile host.ram_Unevictable host.ram_Mlocked host.ram_SwapTotal host.ram_SwapFree host.ram_Dirty host.ram_Writeback host.ram_AnonPages host.ram_Mapped host.ram_Shmem host.ram_Slab host.ram_SReclaimable host.ram_SUnreclaim host.ram_KernelStack host.ram_PageTables host.ram_NFSUnstable host.ram_Bounce host.ram_WritebackTmp host.ram_CommitLimit host.ram_CommittedAS host.ram_VmallocTotal host.ram_VmallocUsed host.ram_VmallocChunk host.ram_HardwareCorrupted host.ram_AnonHugePages host.ram_ShmemHugePages host.ram_ShmemPmdMapped host.ram_HugePagesTotal host.ram_HugePagesFree host.ram_HugePagesRsvd host.ram_HugePagesSurp host.ram_Hugepagesize host.ram_Hugetlb host.ram_DirectMap4k host.ram_DirectMap2M host.ram_DirectMap1G host.ram_SwapUsed host.ram_SwapIn host.ram_SwapOut host.ram_ZfsArc vm.ram_total vm.ram_used vm.ram_vsize vm.ram_rss vm.ram_minflt vm.ram_cminflt vm.ram_majflt vm.ram_cmajflt vm.ram_free vm.ram_actual vm.ram_max vm.ram_swapin vm.ram_swapout vm.ram_hostswap vm.ram_hugetlb host.disk_device_reads host.disk_device_writes host.disk_device_mbread host.disk_device_mbwrite host.disk_device_ioutil host.disk_device_currentops host.disk_device_queuelen host.disk_device_servicetime host.disk_device_await host.disk_device_readsmerged host.disk_device_sectorsread host.disk_device_timereading host.disk_device_writesmerged host.disk_device_sectorswritten host.disk_device_timewriting host.disk_device_timeforops host.disk_device_weightedtimeforops blockdev.device blockdev.class blockdev.disk_device_reads blockdev.disk_device_writes blockdev.disk_device_mbread blockdev.disk_device_mbwrite blockdev.disk_device_ioutil blockdev.disk_device_currentops blockdev.disk_device_queuelen blockdev.disk_device_servicetime blockdev.disk_device_await blockdev.disk_device_readsmerged blockdev.disk_device_sectorsread blockdev.disk_device_timereading blockdev.disk_device_writesmerged blockdev.disk_device_sectorswritten blockdev.disk_device_timewriting blockdev.disk_device_timeforops blockdev.disk_device_weightedtimeforops host.disk_device_count vm.disk_size_capacity vm.disk_size_allocation vm.disk_ioutil vm.disk_reads vm.disk_writes vm.disk_mbread vm.disk_mbwrite vm.disk_lat_rd vm.disk_lat_wr vm.disk_lat_fl vm.disk_lat_avg vm.disk_size_physical vm.disk_inflight vm.disk_errors vm.disk_stats_flushreq vm.disk_stats_rdtotaltimes vm.disk_stats_wrtotaltimes vm.disk_stats_flushtotaltimes vmdisk.disk_name vmdisk.disk_size_capacity vmdisk.disk_size_allocation vmdisk.disk_ioutil vmdisk.disk_reads vmdisk.disk_writes vmdisk.disk_mbread vmdisk.disk_mbwrite vmdisk.disk_lat_rd vmdisk.disk_lat_wr vmdisk.disk_lat_fl vmdisk.disk_lat_avg vmdisk.disk_size_physical vmdisk.disk_inflight vmdisk.disk_errors vmdisk.disk_stats_flushreq vmdisk.disk_stats_rdtotaltimes vmdisk.disk_stats_wrtotaltimes vmdisk.disk_stats_flushtotaltimes vm.disk_delayblkio host.net_host_receivedBytes host.net_host_receivedPackets host.net_host_receivedErrs host.net_host_receivedDrop host.net_host_receivedFifo host.net_host_receivedFrame host.net_host_receivedCompressed host.net_host_receivedMulticast host.net_host_transmittedBytes host.net_host_transmittedPackets host.net_host_transmittedErrs host.net_host_transmittedDrop host.net_host_transmittedFifo host.net_host_transmittedColls host.net_host_transmittedCarrier host.net_host_transmittedCompressed host.net_host_speed netdev.device netdev.net_host_receivedBytes netdev.net_host_receivedPackets netdev.net_host_receivedErrs netdev.net_host_receivedDrop netdev.net_host_receivedFifo netdev.net_host_receivedFrame netdev.net_host_receivedCompressed netdev.net_host_receivedMulticast netdev.net_host_transmittedBytes netdev.net_host_transmittedPackets netdev.net_host_transmittedErrs netdev.net_host_transmittedDrop netdev.net_host_transmittedFifo netdev.net_host_transmittedColls netdev.net_host_transmittedCarrier netdev.net_host_transmittedCompressed netdev.net_host_speed vm.net_receivedBytes vm.net_receivedPackets vm.net_receivedErrs vm.net_receivedDrop vm.net_receivedFifo vm.net_receivedFrame vm.net_receivedCompressed vm.net_receivedMulticast vm.net_transmittedBytes vm.net_transmittedPackets vm.net_transmittedErrs vm.net_transmittedDrop vm.net_transmittedFifo vm.net_transmittedColls vm.net_transmittedCarrier vm.net_transmittedCompressed vm.net_interfaces vmnic.nic vmnic.nic_name vmnic.nic_kind vmnic.net_receivedBytes vmnic.net_receivedPackets vmnic.net_receivedErrs vmnic.net_receivedDrop vmnic.net_receivedFifo vmnic.net_receivedFrame vmnic.net_receivedCompressed vmnic.net_receivedMulticast vmnic.net_transmittedBytes vmnic.net_transmittedPackets vmnic.net_transmittedErrs vmnic.net_transmittedDrop vmnic.net_transmittedFifo vmnic.net_transmittedColls vmnic.net_transmittedCarrier vmnic.net_transmittedCompressed vm.io_MBRD/s vm.io_MBWR/s vm.io_RDOPS vm.io_WROPS vm.io_rchar vm.io_wchar vm.io_cancelled_write_bytes host.psi_some_cpu_avg60 host.psi_some_cpu_avg10 host.psi_some_cpu_avg300 host.psi_some_cpu_total host.psi_some_io_avg60 host.psi_some_io_avg10 host.psi_some_io_avg300 host.psi_some_io_total host.psi_full_io_avg60 host.psi_full_io_avg10 host.psi_full_io_avg300 host.psi_full_io_total host.psi_some_mem_avg60 host.psi_some_mem_avg10 host.psi_some_mem_avg300 host.psi_some_mem_total host.psi_full_mem_avg60 host.psi_full_mem_avg10 host.psi_full_mem_avg300 host.psi_full_mem_total vm.psi_some_cpu_total vm.psi_some_io_total vm.psi_some_mem_total host.host_name host.host_uuid vm.host_name
set -g __proxtop_words_columns name id state why iops mbs lat traffic history disk_name nic nic_name iombs UUID pid vmid stale start_time cpu_cores cpu_total cpu_steal cpu_total_max cpu_steal_max cpu_host_used cpu_throttled cpu_other_total cpu_other_steal ram_total ram_used ram_vsize ram_rss ram_minflt ram_cminflt ram_majflt ram_cmajflt ram_free ram_actual ram_max ram_swapin ram_swapout ram_hostswap ram_hugetlb disk_size_capacity disk_size_allocation disk_ioutil disk_reads disk_writes disk_mbread disk_mbwrite disk_lat_rd disk_lat_wr disk_lat_fl disk_lat_avg disk_size_physical disk_inflight disk_errors disk_stats_flushreq disk_stats_rdtotaltimes disk_stats_wrtotaltimes disk_stats_flushtotaltimes disk_delayblkio net_receivedBytes net_receivedPackets net_receivedErrs net_receivedDrop net_receivedFifo net_receivedFrame net_receivedCompressed net_receivedMulticast net_transmittedBytes net_transmittedPackets net_transmittedErrs net_transmittedDrop net_transmittedFifo net_transmittedColls net_transmittedCarrier net_transmittedCompressed net_interfaces io_MBRD/s io_MBWR/s io_RDOPS io_WROPS io_rchar io_wchar io_cancelled_write_bytes psi_some_cpu_total psi_some_io_total psi_some_mem_total host_name vcpu_id vcpu_tid nic_kind device net_host_receivedBytes net_host_receivedPackets net_host_receivedErrs net_host_receivedDrop net_host_receivedFifo net_host_receivedFrame net_host_receivedCompressed net_host_receivedMulticast net_host_transmittedBytes net_host_transmittedPackets net_host_transmittedErrs net_host_transmittedDrop net_host_transmittedFifo net_host_transmittedColls net_host_transmittedCarrier net_host_transmittedCompressed net_host_speed device class disk_device_reads disk_device_writes disk_device_mbread disk_device_mbwrite disk_device_ioutil disk_device_currentops disk_device_queuelen disk_device_servicetime disk_device_await disk_device_readsmerged disk_device_sectorsread disk_device_timereading disk_device_writesmerged disk_device_sectorswritten disk_device_timewriting disk_device_timeforops disk_device_weightedtimeforops
complete -c proxtop -s f -s d -l interval -l frequency -x -d 'time between cycles, 0.1 to 3600 (default 2)'
complete -c proxtop -s r -s n -l runs -x -d 'number of cycles, then exit (default -1: without end)'
complete -c proxtop -s c -l connection -x -d 'libvirt connection (default $LIBVIRT_DEFAULT_URI or qemu:///system)'
complete -c proxtop -l procfs -x -a '(__fish_complete_directories (commandline -ct))' -d 'the procfs that shows the host\'s processes (default /proc)'
complete -c proxtop -l sysfs -x -a '(__fish_complete_directories (commandline -ct))' -d 'the host\'s sysfs (default /sys)'
complete -c proxtop -l host-name -x -d 'name of this host in the output (default: what the kernel says)'
complete -c proxtop -l verbose -d 'all metrics, and messages at level info'
complete -c proxtop -s H -l human -d 'text: figures with units that people read (1.9G)'
complete -c proxtop -l log-file -r -F -d 'write messages there, not to standard error'
complete -c proxtop -l log-level -x -a 'error warning notice info debug' -d 'least important messages to write (default notice)'
complete -c proxtop -l config -r -F -d 'configuration to read in place of the user\'s (~/.config/proxtop/config)'
complete -c proxtop -l no-config -d 'read no configuration, the system\'s (/etc/proxtop/config) neither'
complete -c proxtop -l proxmox -d 'Proxmox VE, by its files'
complete -c proxtop -l libvirt -d 'libvirt'
complete -c proxtop -l processes -d 'every QEMU process that procfs shows'
complete -c proxtop -l allow-hmp -d 'libvirt: may ask QEMU\'s monitor for vCPU threads without names (taints the VM)'
complete -c proxtop -l libvirt-interval -x -d 'time between readings of libvirt; 0 = only lists VMs (default: by their cost)'
complete -c proxtop -l pve-run -x -a '(__fish_complete_directories (commandline -ct))' -d 'Proxmox VE: where the VMs\' pid files are (default /var/run/qemu-server)'
complete -c proxtop -l pve-conf -x -a '(__fish_complete_directories (commandline -ct))' -d 'Proxmox VE: where their configurations are (default /etc/pve/qemu-server)'
complete -c proxtop -l qmp-interval -x -d 'time between QMP readings; 0 = never (default: as the interval, 2 s at least)'
complete -c proxtop -l guest-stats -x -d 'QMP: set how often QEMU asks a guest for its memory, if seldomer (default: never)'
complete -c proxtop -l cpu -d 'CPU'
complete -c proxtop -l mem -d 'memory'
complete -c proxtop -l disk -d 'disks'
complete -c proxtop -l net -d 'network'
complete -c proxtop -l io -d 'I/O of the QEMU processes'
complete -c proxtop -l pressure -d 'pressure stall information of the host'
complete -c proxtop -l host -d 'name and UUID of the host'
complete -c proxtop -l view -x -a 'all cpu mem disk net io nics disks lvm multipath' -d 'show this table first; with --printer=text print it'
complete -c proxtop -l sort -x -a '(__proxtop_sort)' -d 'column that its rows are sorted by'
complete -c proxtop -l filter -x -d 'only what has this in its name; A|B: this or that'
complete -c proxtop -l units -x -a 'human bytes raw' -d '1.9G and network in bits (default), in bytes, or plain numbers'
complete -c proxtop -l no-mouse -d 'leave the mouse to the terminal'
complete -c proxtop -s p -l printer -x -a 'ncurses text json csv prometheus influx' -d 'form of the output (default ncurses on a terminal, text on stdout, json elsewhere)'
complete -c proxtop -s b -d 'the same as --printer=text'
complete -c proxtop -s o -l output -x -a 'stdout file tcp udp http serve' -d 'where it goes (default stdout)'
complete -c proxtop -l target -r -F -d 'file: a path; tcp, udp: HOST:PORT; http: a URL; serve: [ADDRESS:]PORT'
complete -c proxtop -l sink -x -a '(__proxtop_sink)' -d 'one more printer and output, every SECONDS (may be repeated 8 times)'
complete -c proxtop -l fields -x -a '(__proxtop_fields)' -d 'these metrics in this order (KEY or SCOPE.KEY, see --list-fields)'
complete -c proxtop -l names -x -a 'keys esxtop' -d 'names of the metrics (default keys)'
complete -c proxtop -l scope -x -a 'host vm vcpu vmdisk vmnic blockdev netdev' -d 'print only this table'
complete -c proxtop -l devices -d 'rows per vCPU, disk, NIC and host device too'
complete -c proxtop -l timestamps -d 'text: a first column with the time'
complete -c proxtop -l json -x -a 'cycle lines' -d 'an object per cycle, or a flat one per line and row (default cycle)'
complete -c proxtop -l netdev -x -a '(__proxtop_nics)' -d 'network devices that make up the host\'s figures (default: physical NICs)'
complete -c proxtop -l storedev -x -a '(__proxtop_disks)' -d 'block devices that make up the host\'s figures (default: whole disks)'
complete -c proxtop -l influx -x -a 'values counters both' -d 'influx: rates and sizes, counters, or both (default values)'
complete -c proxtop -l prom-host-label -d 'prometheus with serve: label every sample with the host\'s name, too'
complete -c proxtop -l buffer -x -d 'memory for cycles that wait for a peer (default 16M)'
complete -c proxtop -l spool -x -a '(__fish_complete_directories (commandline -ct))' -d 'keep them on disk too, also over a restart'
complete -c proxtop -l spool-size -x -d 'space there, for each output (default 256M)'
complete -c proxtop -l drain-timeout -x -d 'how long the end waits for a peer (default 5)'
complete -c proxtop -l send-timeout -x -d 'a peer that takes nothing for so long is left (default 10)'
complete -c proxtop -l tls -d 'tcp: encrypted; the peer\'s certificate and name are checked'
complete -c proxtop -l tls-ca -r -F -d 'certificates of the authorities to trust (default: the system\'s)'
complete -c proxtop -l tls-cert -r -F -d 'certificate to show to the peer'
complete -c proxtop -l tls-key -r -F -d 'its key (default: in the same file)'
complete -c proxtop -l datagram -x -d 'udp: size of a datagram, where its records allow (default 1400)'
complete -c proxtop -l http-header -x -d 'http: \'Name: value\', or @FILE with such lines (may be repeated)'
complete -c proxtop -l http-token-file -r -F -d 'http: a file with a bearer token'
complete -c proxtop -l http-gzip -d 'http: compress what is sent'
complete -c proxtop -l serve-auth-file -r -F -d 'serve: lines of USER:HASH (crypt(3)) that may read'
complete -c proxtop -s h -l help -d 'this text'
complete -c proxtop -s v -s V -l version -d 'the version'
complete -c proxtop -l list-fields -d 'scope, key, unit, source and meaning of every metric'
