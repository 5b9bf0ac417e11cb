#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# README, CONTRIBUTING and docs against the programs and the tree.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
}

# readme_check TREE
readme_check()
{
    python3 "$PACKAGE_TREE/tests/package/readme.py" "$PROXTOP" "$PROXPROFILER" "$1"
}

@test "messages, options, metrics, units, files and links that the documents name are there" {
    readme_check "$PACKAGE_TREE"
}

@test "what is not there is found" {
    TREE=$BATS_TEST_TMPDIR/tree
    mkdir "$TREE"
    local entry
    for entry in "$PACKAGE_TREE"/*; do
        [[ ${entry##*/} == build* ]] || cp -a "$entry" "$TREE/"
    done
    sed -i -e 's/does not tell pressure/knows no pressure/' \
        -e 's/using the list of processes/taking the list of processes/' \
        -e 's/--json=lines/--jason=lines/' -e 's/name,vm.cpu_steal,/name,vm.cpu_stolen,/' \
        -e 's/proxtop-exporter.service/proxtop-export.service/' -e 's#\./dev bench#./dev benches#' \
        -e 's/^\*\*No VMs detected\./**No VMs./' -e 's/; set TERM to what the terminal is/; it is not/' "$TREE/README.md"
    sed -i -e 's/(#alarms-what/(#alarms-who/' "$TREE/docs/PROFILER.md"
    sed -i -e 's#\.\./Dockerfile#../Containerfile#' -e 's#package/container\.bats#package/containers.bats#' \
        "$TREE/docs/CONTAINER.md"
    run -1 readme_check "$TREE"
    echo "$output" >&2
    local wrong
    for wrong in "README.md: message 'this kernel knows no pressure" "README.md: message 'taking the list of processes" \
        "README.md: option '--jason'" "README.md: metric 'vm.cpu_stolen'" "README.md: unit 'proxtop-export.service'" \
        "README.md: command './dev benches'" "docs/CONTAINER.md: link '../Containerfile'" \
        "docs/CONTAINER.md: file 'tests/package/containers.bats'" "docs/PROFILER.md: anchor '#alarms-who" "README.md: trouble 'No VMs detected'" \
        "README.md: step 'the terminal type 'alien' is not known here; it is not"; do
        [[ $output == *"$wrong"*" is not there"* ]]
    done
}
