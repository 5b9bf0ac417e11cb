# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of proxprofiler in fish. Made by ./dev generate of the tables of options and metrics; what
# is not made of them stands in completions/fish.in. Runs no program.

# What the present word is behind its '='.
function __proxprofiler_value
    string replace -r '^--[^=]*=' '' -- (commandline -ct)
end

# The words, as the last one of a list with commas.
function __proxprofiler_list
    set -l head (string replace -r '[^,]*$' '' -- (__proxprofiler_value))
    for word in $argv
        echo $head$word
    end
end

function __proxprofiler_fields
    set -l value (__proxprofiler_value)
    set -l head (string replace -r '([+-]?)[^,]*$' '$1' -- $value)
    set -l words $__proxprofiler_words_fields
    if string match -q '*.*' -- (string replace -r '.*,' '' -- $value)
        set words $__proxprofiler_words_scope_fields
    end
    for word in $words
        echo $head$word
    end
end

function __proxprofiler_sort
    set -l value (__proxprofiler_value)
    if string match -q '*:*' -- $value
        set -l key (string replace -r ':.*' '' -- $value)
        echo $key:asc
        echo $key:desc
    else
        for word in $__proxprofiler_words_columns
            echo $word
        end
    end
end

function __proxprofiler_nics
    set -l words
    for path in /sys/class/net/*
        set -a words (string replace -r '.*/' '' -- $path)
    end
    __proxprofiler_list $words
end

function __proxprofiler_disks
    set -l words
    for path in /sys/block/*
        set -a words (string replace -r '.*/' '' -- $path)
    end
    __proxprofiler_list $words
end

function __proxprofiler_metrics
    __proxprofiler_list $__proxprofiler_words_metrics
end

# PRINTER[@SECONDS],OUTPUT[,TARGET]
function __proxprofiler_sink
    set -l value (__proxprofiler_value)
    if string match -q '*,*' -- $value
        set -l printer (string replace -r ',.*' '' -- $value)
        for word in $__proxprofiler_words_output
            echo $printer,$word
        end
    else
        for word in $__proxprofiler_words_printer
            echo $word,
        end
    end
end

complete -c proxprofiler -f
set -g __proxprofiler_words_printer json text prometheus
set -g __proxprofiler_words_output stdout file tcp udp http serve
set -g __proxprofiler_words_metrics cpu io net cpu_used cpu_steal disk disk_lat mem psi_cpu psi_io psi_mem
complete -c proxprofiler -n '__fish_use_subcommand' -s f -s d -l interval -l frequency -x -d 'time between cycles, 0.1 to 3600 (default 2)'
complete -c proxprofiler -n '__fish_use_subcommand' -s r -s n -l runs -x -d 'number of cycles, then exit (default -1: without end)'
complete -c proxprofiler -n '__fish_use_subcommand' -s c -l connection -x -d 'libvirt connection (default $LIBVIRT_DEFAULT_URI or qemu:///system)'
complete -c proxprofiler -n '__fish_use_subcommand' -l procfs -x -a '(__fish_complete_directories (commandline -ct))' -d 'the procfs that shows the host\'s processes (default /proc)'
complete -c proxprofiler -n '__fish_use_subcommand' -l sysfs -x -a '(__fish_complete_directories (commandline -ct))' -d 'the host\'s sysfs (default /sys)'
complete -c proxprofiler -n '__fish_use_subcommand' -l host-name -x -d 'name of this host in the output (default: what the kernel says)'
complete -c proxprofiler -n '__fish_use_subcommand' -l verbose -d 'messages at level info'
complete -c proxprofiler -n '__fish_use_subcommand' -l log-file -r -F -d 'write messages there, not to standard error'
complete -c proxprofiler -n '__fish_use_subcommand' -l log-level -x -a 'error warning notice info debug' -d 'least important messages to write (default notice)'
complete -c proxprofiler -n '__fish_use_subcommand' -l config -r -F -d 'configuration to read in place of the user\'s (~/.config/proxtop/config), its section [proxprofiler]'
complete -c proxprofiler -n '__fish_use_subcommand' -l no-config -d 'read no configuration, the system\'s (/etc/proxtop/config) neither'
complete -c proxprofiler -n '__fish_use_subcommand' -l proxmox -d 'Proxmox VE, by its files'
complete -c proxprofiler -n '__fish_use_subcommand' -l libvirt -d 'libvirt'
complete -c proxprofiler -n '__fish_use_subcommand' -l processes -d 'every QEMU process that procfs shows'
complete -c proxprofiler -n '__fish_use_subcommand' -l allow-hmp -d 'libvirt: may ask QEMU\'s monitor for vCPU threads without names (taints the VM)'
complete -c proxprofiler -n '__fish_use_subcommand' -l libvirt-interval -x -d 'time between readings of libvirt; 0 = only lists VMs (default: by their cost)'
complete -c proxprofiler -n '__fish_use_subcommand' -l pve-run -x -a '(__fish_complete_directories (commandline -ct))' -d 'Proxmox VE: where the VMs\' pid files are (default /var/run/qemu-server)'
complete -c proxprofiler -n '__fish_use_subcommand' -l pve-conf -x -a '(__fish_complete_directories (commandline -ct))' -d 'Proxmox VE: where their configurations are (default /etc/pve/qemu-server)'
complete -c proxprofiler -n '__fish_use_subcommand' -l qmp-interval -x -d 'time between QMP readings; 0 = never (default: as the interval, 2 s at least)'
complete -c proxprofiler -n '__fish_use_subcommand' -l guest-stats -x -d 'QMP: set how often QEMU asks a guest for its memory, if seldomer (default: never)'
complete -c proxprofiler -n '__fish_use_subcommand' -l cpu -d 'CPU: used and waited for, together and apart'
complete -c proxprofiler -n '__fish_use_subcommand' -l mem -d 'memory that is resident on the host'
complete -c proxprofiler -n '__fish_use_subcommand' -l disk -d 'disks: how busy for it, and how slow'
complete -c proxprofiler -n '__fish_use_subcommand' -l net -d 'network: bytes received and sent'
complete -c proxprofiler -n '__fish_use_subcommand' -l io -d 'I/O of the QEMU process: bytes read and written'
complete -c proxprofiler -n '__fish_use_subcommand' -l pressure -d 'pressure stall information: of its cgroup, else of the host'
complete -c proxprofiler -n '__fish_use_subcommand' -l host -d 'name of the host (always told)'
complete -c proxprofiler -n '__fish_use_subcommand' -l states -x -d 'states that the range of a metric is divided into, 2 to 64 (default 4)'
complete -c proxprofiler -n '__fish_use_subcommand' -l buffersize -x -d 'cycles whose average makes a state, 1 to 3600 (default 10)'
complete -c proxprofiler -n '__fish_use_subcommand' -l history -x -d 'states that the next one depends on, 1 to 4; states^history up to 65536 (default 1)'
complete -c proxprofiler -n '__fish_use_subcommand' -l filterstddevs -x -d 'leave out values further from the mean than X standard deviations (default -1: off)'
complete -c proxprofiler -n '__fish_use_subcommand' -l fixedbound -d 'ranges as they are known of each metric (default)'
complete -c proxprofiler -n '__fish_use_subcommand' -l dynamicbound -d 'ranges from 0 that double when a value is beyond them'
complete -c proxprofiler -n '__fish_use_subcommand' -l binning -x -a 'nearest equal' -d 'states around the nearest of their values, or of equal width (default nearest)'
complete -c proxprofiler -n '__fish_use_subcommand' -l phantom-start -d 'begin with transitions from a state 0 that never was, as other profilers do'
complete -c proxprofiler -n '__fish_use_subcommand' -l periodsize -x -d 'profiles per part of a period: parts, parts of these, ..., states of the last ones'
complete -c proxprofiler -n '__fish_use_subcommand' -l calendar -x -a 'hour-of-day hour-of-week' -d 'profiles per hour of the local clock'
complete -c proxprofiler -n '__fish_use_subcommand' -l outputFreq -l output-freq -x -d 'time between profiles: 60, 60s, 5m, 1h30m (default 60 s); 0 = only at the end'
complete -c proxprofiler -n '__fish_use_subcommand' -l rowcap -x -d 'transitions from a state after which their counts are halved (default 65535)'
complete -c proxprofiler -n '__fish_use_subcommand' -l maxrows -x -d 'sequences of states that are counted, per metric and VM (default 4096)'
complete -c proxprofiler -n '__fish_use_subcommand' -l window -x -d 'transitions that an anomaly and a phase are judged by, 2 to 64 (default 30)'
complete -c proxprofiler -n '__fish_use_subcommand' -l halflife -x -d 'time after which a value counts half in percentiles (default 24h)'
complete -c proxprofiler -n '__fish_use_subcommand' -l iomax -x -d 'upper end of the range of io (default 6G)'
complete -c proxprofiler -n '__fish_use_subcommand' -l logscale -x -a '(__proxprofiler_metrics)' -d 'metrics whose range is divided on a logarithmic scale'
complete -c proxprofiler -n '__fish_use_subcommand' -l state-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'keep what was learned there, also over a restart'
complete -c proxprofiler -n '__fish_use_subcommand' -l keep-days -x -d 'days that it is kept for VMs that are gone, 0 = for ever (default 30)'
complete -c proxprofiler -n '__fish_use_subcommand' -s p -l printer -x -a 'json text prometheus' -d 'form of the output (default json, with serve prometheus)'
complete -c proxprofiler -n '__fish_use_subcommand' -s b -d 'the same as --printer=text'
complete -c proxprofiler -n '__fish_use_subcommand' -s o -l output -x -a 'stdout file tcp udp http serve' -d 'where it goes (default stdout)'
complete -c proxprofiler -n '__fish_use_subcommand' -l target -r -F -d 'file: a path; tcp, udp: HOST:PORT; http: a URL; serve: [ADDRESS:]PORT'
complete -c proxprofiler -n '__fish_use_subcommand' -l sink -x -a '(__proxprofiler_sink)' -d 'one more printer and output (may be repeated 8 times)'
complete -c proxprofiler -n '__fish_use_subcommand' -l timestamps -d 'text: a first column with the time'
complete -c proxprofiler -n '__fish_use_subcommand' -l netdev -x -a '(__proxprofiler_nics)' -d 'network devices that make up the host\'s figures (default: physical NICs)'
complete -c proxprofiler -n '__fish_use_subcommand' -l storedev -x -a '(__proxprofiler_disks)' -d 'block devices that make up the host\'s figures (default: whole disks)'
complete -c proxprofiler -n '__fish_use_subcommand' -l prom-host-label -d 'prometheus with serve: label every sample with the host\'s name, too'
complete -c proxprofiler -n '__fish_use_subcommand' -l buffer -x -d 'memory for cycles that wait for a peer (default 16M)'
complete -c proxprofiler -n '__fish_use_subcommand' -l spool -x -a '(__fish_complete_directories (commandline -ct))' -d 'keep them on disk too, also over a restart'
complete -c proxprofiler -n '__fish_use_subcommand' -l spool-size -x -d 'space there, for each output (default 256M)'
complete -c proxprofiler -n '__fish_use_subcommand' -l drain-timeout -x -d 'how long the end waits for a peer (default 5)'
complete -c proxprofiler -n '__fish_use_subcommand' -l send-timeout -x -d 'a peer that takes nothing for so long is left (default 10)'
complete -c proxprofiler -n '__fish_use_subcommand' -l tls -d 'tcp: encrypted; the peer\'s certificate and name are checked'
complete -c proxprofiler -n '__fish_use_subcommand' -l tls-ca -r -F -d 'certificates of the authorities to trust (default: the system\'s)'
complete -c proxprofiler -n '__fish_use_subcommand' -l tls-cert -r -F -d 'certificate to show to the peer'
complete -c proxprofiler -n '__fish_use_subcommand' -l tls-key -r -F -d 'its key (default: in the same file)'
complete -c proxprofiler -n '__fish_use_subcommand' -l datagram -x -d 'udp: size of a datagram, where its records allow (default 1400)'
complete -c proxprofiler -n '__fish_use_subcommand' -l http-header -x -d 'http: \'Name: value\', or @FILE with such lines (may be repeated)'
complete -c proxprofiler -n '__fish_use_subcommand' -l http-token-file -r -F -d 'http: a file with a bearer token'
complete -c proxprofiler -n '__fish_use_subcommand' -l http-gzip -d 'http: compress what is sent'
complete -c proxprofiler -n '__fish_use_subcommand' -l serve-auth-file -r -F -d 'serve: lines of USER:HASH (crypt(3)) that may read'
complete -c proxprofiler -n '__fish_use_subcommand' -s h -l help -d 'this text'
complete -c proxprofiler -n '__fish_use_subcommand' -s v -s V -l version -d 'the version'
complete -c proxprofiler -n __fish_use_subcommand -a show -d 'what a saved profile knows, for people (--json: its record)'
complete -c proxprofiler -n '__fish_seen_subcommand_from show' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from show' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from show' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from show' -l json -d 'as JSON, one line'
complete -c proxprofiler -n '__fish_seen_subcommand_from show' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a diff -d 'how far apart two saved profiles are; exit status 1 if too far'
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -l json -d 'as JSON, one line'
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -l threshold -x -d 'distance that is still the same (default 0.1)'
complete -c proxprofiler -n '__fish_seen_subcommand_from diff' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a predict -d 'the next steps, from the state that was the last one'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -l json -d 'as JSON, one line'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -l steps -x -d 'so many steps (predict: 5, at most 10000; simulate: 100)'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -l hot -x -d 'states from this one on are hot (default: the highest)'
complete -c proxprofiler -n '__fish_seen_subcommand_from predict' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a simulate -d 'a made-up run, drawn from what was learned'
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -l steps -x -d 'so many steps (predict: 5, at most 10000; simulate: 100)'
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -l seed -x -d 'which run is drawn (default 1)'
complete -c proxprofiler -n '__fish_seen_subcommand_from simulate' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a train -d 'learns a profile from figures in a CSV file'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l states -x -d 'states of a metric (default 4)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l buffersize -x -d 'values that are averaged into a step (default 10)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l history -x -d 'states that the next one depends on (default 1)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l filterstddevs -x -d 'leave out values so far from the mean (default -1: none)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l fixedbound -d 'ranges are fixed (default)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l dynamicbound -d 'ranges begin at 0 and double as values need it'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l binning -x -a 'nearest equal' -d 'nearest (default): centred on multiples of the width; equal'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l phantom-start -d 'count a first transition from 0, as other profilers do'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l periodsize -x -d 'sizes of the period tree; the last one: steps of a slot'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l calendar -x -a 'hour-of-day hour-of-week' -d 'per hour of the local clock, by the column time: hour-of-day, hour-of-week'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l window -x -d 'steps that anomalies and phases are judged by (default 30)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l interval -x -d 'between two rows (default: as the times say, else 2)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l min -x -d 'lower end of the range of every column'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l max -x -d 'upper end of the range of every column'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l bounds -x -d 'range of one column; may be given for each'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l name -x -d 'name of the VM (default: that of the file)'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l vcpus -x -d 'vCPUs that the VM has, for a recommendation'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l memory -x -d 'memory that the VM has, likewise'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l output -r -F -d 'write the profile to this file'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -l record -d 'print a record, as proxprofiler does, in its place'
complete -c proxprofiler -n '__fish_seen_subcommand_from train' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a score -d 'how unusual figures in a CSV file are for a profile'
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -l profile -r -F -d 'the saved profile to score by (required)'
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -l fail -d 'exit status 1 if an anomaly was found'
complete -c proxprofiler -n '__fish_seen_subcommand_from score' -s h -l help -d 'this text'
complete -c proxprofiler -n __fish_use_subcommand -a plot -d 'a picture of a saved profile (SVG)'
complete -c proxprofiler -n '__fish_seen_subcommand_from plot' -F
complete -c proxprofiler -n '__fish_seen_subcommand_from plot' -l metric -x -a '(__proxprofiler_metrics)' -d 'of this metric only'
complete -c proxprofiler -n '__fish_seen_subcommand_from plot' -l vm -x -d 'of this VM, where FILE has several (diff: A\'s, then B\'s)'
complete -c proxprofiler -n '__fish_seen_subcommand_from plot' -l data -r -F -d 'values over time from this file (see train)'
complete -c proxprofiler -n '__fish_seen_subcommand_from plot' -s h -l help -d 'this text'
