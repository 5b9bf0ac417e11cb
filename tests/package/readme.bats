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

# readme_changes FILE SCRIPT WORDS: with the file changed by sed it fails, and says so in these words.
readme_changes()
{
    local pattern="*$1: $3 is not there*"
    sed -i "$2" "$TREE/$1"
    run -1 readme_check "$TREE"
    echo "$output" >&2
    # shellcheck disable=SC2053 # a pattern
    [[ $output == $pattern ]]
    cp "$PACKAGE_TREE/$1" "$TREE/$1"
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
    readme_check "$TREE" >/dev/null
    readme_changes README.md 's/does not tell pressure/knows no pressure/' "message 'this kernel knows no pressure*"
    readme_changes README.md 's/using the list of processes/using the list of all processes/' "message 'using the list of all processes*"
    readme_changes README.md 's/--json=lines/--jason=lines/' "option '--jason'"
    readme_changes README.md 's/name,vm.cpu_steal,/name,vm.cpu_stolen,/' "metric 'vm.cpu_stolen'"
    readme_changes README.md 's/proxtop-exporter.service/proxtop-export.service/' "unit 'proxtop-export.service'"
    readme_changes README.md 's#\./dev bench#./dev benches#' "command './dev benches'"
    readme_changes docs/CONTAINER.md 's#\.\./Dockerfile#../Containerfile#' "link '../Containerfile'"
    readme_changes docs/CONTAINER.md 's#tests/package/container.bats#tests/package/containers.bats#' "file 'tests/package/containers.bats'"
}
