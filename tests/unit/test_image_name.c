/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/image_name: names of images as QEMU gives them, and what must not be told of them. */
#include "connect/image_name.h"

#include <stdlib.h>
#include <string.h>

#include "model/inventory.h"
#include "support.h"

#define LONG 5000

struct name_case {
    const char *text, *path, *backend, *source;
};

static const struct name_case plain_cases[] = {
    {"/vms/a.qcow2", "/vms/a.qcow2", "file", "/vms/a.qcow2"},
    {"/dev/pve/vm-100-disk-0", "/dev/pve/vm-100-disk-0", "block", "/dev/pve/vm-100-disk-0"},
    {"/dev", "/dev", "file", "/dev"},
    {"a.raw", NULL, "file", "a.raw"},
    {"./a:b", NULL, "file", "./a:b"},
    {"/a:b@c?d", "/a:b@c?d", "file", "/a:b@c?d"},
    {"file:/a", "/a", "file", "/a"},
    {"host_device:/dev/sda", "/dev/sda", "block", "/dev/sda"},
    {"", NULL, NULL, NULL},
    {":", NULL, "file", ":"},
    {"a b:c", NULL, NULL, NULL},
    {"+unix://x", NULL, NULL, NULL},
    {"x:key=secret", NULL, "x", NULL},
    {"fat:rw:/srv", NULL, "fat", NULL},
    {"nbd:localhost:10809:exportname=x", NULL, "nbd", "localhost:10809:exportname=x"},
    {"nbd:unix:/run/nbd", NULL, "nbd", "unix:/run/nbd"},
    {"rbd:pool/image", NULL, "rbd", "pool/image"},
    {"rbd:pool/ns/image@snap:conf=/etc/ceph/ceph.conf:id=admin", NULL, "rbd", "pool/ns/image@snap"},
    {"rbd:pool/a\\:b\\@c:id=x:key=secret", NULL, "rbd", "pool/a:b@c"},
    {"rbd:pool/image:key=secret\\:secret:password=secret", NULL, "rbd", "pool/image"},
    {"rbd:pool/image\\", NULL, "rbd", "pool/image\\"},
    {"rbd:", NULL, "rbd", NULL},
    {"rbd::key=secret", NULL, "rbd", NULL},
};

static const struct name_case url_cases[] = {
    {"nbd://host:10809/export", NULL, "nbd", "nbd://host:10809/export"},
    {"nbd+unix:///export?socket=/run/nbd", NULL, "nbd", "nbd+unix:///export?socket=/run/nbd"},
    {"nbd+unix://?socket=/run/nbd&a=secret", NULL, "nbd", "nbd+unix://?socket=/run/nbd"},
    {"nbd+unix:///x?a=secret&socket=/run/nbd#secret", NULL, "nbd", "nbd+unix:///x?socket=/run/nbd"},
    {"nbd+unix:///x?mysocket=secret", NULL, "nbd", "nbd+unix:///x"},
    {"iscsi://user%secret@10.0.0.1:3260/iqn.2003-01.org:x/1", NULL, "iscsi",
     "iscsi://10.0.0.1:3260/iqn.2003-01.org:x/1"},
    {"gluster+tcp://host/volume/a.raw", NULL, "gluster", "gluster+tcp://host/volume/a.raw"},
    {"https://user:secret@host/a.iso?token=secret#secret", NULL, "https", "https://host/a.iso"},
    {"https://user:secret@secret@host", NULL, "https", "https://host"},
    {"https://host/a@b", NULL, "https", "https://host/a@b"},
    {"https://user:secret@", NULL, "https", "https://"},
    {"ssh://user@host/a", NULL, "ssh", "ssh://host/a"},
    {"nvme://0000:01:00.0/1", NULL, "nvme", "nvme://0000:01:00.0/1"},
};

static const struct name_case json_cases[] = {
    {"json:{\"driver\":\"raw\",\"file\":{\"driver\":\"host_device\",\"filename\":\"/dev/a/b\"}}",
     "/dev/a/b", "block", "/dev/a/b"},
    {"json:{\"throttle-group\":\"t\",\"driver\":\"throttle\",\"file\":{\"driver\":\"qcow2\","
     "\"file\":{\"driver\":\"file\",\"filename\":\"/vms/a\"}}}",
     "/vms/a", "file", "/vms/a"},
    {"json:{\"driver\":\"file\",\"filename\":\"a\"}", NULL, "file", "a"},
    {"json:{\"driver\":\"file\",\"filename\":\"\"}", NULL, NULL, NULL},
    {"json:{\"driver\":\"host_cdrom\",\"filename\":\"/dev/sr0\"}", "/dev/sr0", "block", "/dev/sr0"},
    {"json:{\"backing\":{\"driver\":\"file\",\"filename\":\"/base\"},\"driver\":\"qcow2\","
     "\"file\":{\"driver\":\"rbd\",\"pool\":\"p\",\"namespace\":\"\",\"image\":\"i\","
     "\"snapshot\":\"s\",\"user\":\"secret\",\"key-secret\":\"secret\",\"conf\":\"/c\"}}",
     NULL, "rbd", "p/i@s"},
    {"json:{\"driver\":\"rbd\",\"pool\":\"p\",\"namespace\":\"n\",\"image\":\"i\"}", NULL, "rbd",
     "p/n/i"},
    {"json:{\"server.host\":\"h\",\"server.port\":\"10809\",\"server.type\":\"inet\","
     "\"driver\":\"nbd\",\"export\":\"e\",\"tls-creds\":\"secret\"}",
     NULL, "nbd", "nbd://h:10809/e"},
    {"json:{\"server\":{\"type\":\"unix\",\"path\":\"/run/nbd\"},\"driver\":\"nbd\"}", NULL, "nbd",
     "nbd+unix:///?socket=/run/nbd"},
    {"json:{\"driver\":\"iscsi\",\"portal\":\"10.0.0.1\",\"target\":\"iqn.x\",\"lun\":1,"
     "\"user\":\"secret\",\"password-secret\":\"secret\"}",
     NULL, "iscsi", "iscsi://10.0.0.1/iqn.x/1"},
    {"json:{\"driver\":\"gluster\",\"server\":[{\"type\":\"inet\",\"host\":\"h\"}],"
     "\"volume\":\"v\",\"path\":\"/a\"}",
     NULL, "gluster", "gluster://h/v/a"},
    {"json:{\"driver\":\"gluster\",\"server.0.host\":\"h\",\"volume\":\"v\",\"path\":\"a\"}", NULL,
     "gluster", "gluster://h/v/a"},
    {"json:{\"driver\":\"gluster\",\"server\":[],\"volume\":\"v\",\"path\":\"a\"}", NULL, "gluster",
     "gluster+unix:///v/a"},
    {"json:{\"driver\":\"nfs\",\"server\":{\"host\":\"h\"},\"path\":\"/a\",\"user\":0}", NULL,
     "nfs", "nfs://h/a"},
    {"json:{\"driver\":\"nfs\",\"filename\":\"/a\"}", NULL, "nfs", NULL},
    {"json:{\"driver\":\"https\",\"url\":\"https://u:secret@h/x?secret\",\"cookie\":\"secret\"}",
     NULL, "https", "https://h/x"},
    {"json:{\"driver\":\"https\",\"url\":\"secret\"}", NULL, "https", NULL},
    {"json:{\"driver\":\"https\",\"url\":\"u:secret@x://h/\"}", NULL, "https", NULL},
    {"json:{\"driver\":\"ssh\",\"server\":{\"host\":\"secret@h\"},\"path\":\"a\"}", NULL, "ssh",
     "ssh://h/a"},
    {"json:{\"driver\":\"null-co\",\"size\":1}", NULL, "null-co", NULL},
    {"json:{\"driver\":\"quorum\",\"children\":[{\"driver\":\"file\",\"filename\":\"/a\"}]}", NULL,
     "quorum", NULL},
    {"json:{\"driver\":\"raw\",\"file\":\"node\"}", NULL, NULL, NULL},
    {"json:{\"driver\":\"rbd\",\"pool\":[\"p\"],\"image\":{}}", NULL, "rbd", NULL},
    {"json:{\"driver\":\"a b\",\"filename\":\"/a\"}", NULL, NULL, NULL},
    {"json:{\"driver\":7}", NULL, "7", NULL},
    {"json:{", NULL, NULL, NULL},
    {"json:[1]", NULL, NULL, NULL},
    {"json:{}", NULL, NULL, NULL},
    {"json:", NULL, NULL, NULL},
};

static void check_text(const char *actual, const char *expected)
{
    if (!expected) {
        assert_null(actual);
        return;
    }
    assert_non_null(actual);
    assert_string_equal(actual, expected);
}

static void check_cases(const struct name_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct image_name name;

        parse_image_name(cases[i].text, &name);
        check_text(name.path, cases[i].path);
        check_text(name.backend, cases[i].backend);
        check_text(name.source, cases[i].source);
        assert_true(!name.source || !strstr(name.source, "secret"));
        image_name_done(&name);
        assert_true(!name.path && !name.backend && !name.source);
    }
}

static void test_plain(void **state UNUSED)
{
    check_cases(plain_cases, ARRAY_SIZE(plain_cases));
}

static void test_urls(void **state UNUSED)
{
    check_cases(url_cases, ARRAY_SIZE(url_cases));
}

static void test_json(void **state UNUSED)
{
    check_cases(json_cases, ARRAY_SIZE(json_cases));
}

/* "json:{...}" with so many drivers above the file. */
static char *nested(unsigned levels)
{
    struct buf text = {0};
    char *copy;

    buf_puts(&text, "json:");
    for (unsigned i = 0; i < levels; i++)
        buf_puts(&text, "{\"driver\":\"raw\",\"file\":");
    buf_puts(&text, "{\"driver\":\"file\",\"filename\":\"/a\"}");
    for (unsigned i = 0; i < levels; i++)
        buf_putc(&text, '}');
    copy = xstrdup(buf_text(&text));
    buf_done(&text);
    return copy;
}

static void test_depth(void **state UNUSED)
{
    static const unsigned levels[] = {7, 8, 20, 1000};

    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        char *text = nested(levels[i]);
        struct image_name name;

        parse_image_name(text, &name);
        check_text(name.backend, levels[i] == 7 ? "file" : NULL);
        check_text(name.source, levels[i] == 7 ? "/a" : NULL);
        image_name_done(&name);
        free(text);
    }
}

/* A long user does not push the secret behind him out of sight, or the host. */
static void test_long(void **state UNUSED)
{
    static const char *const before[] = {"/", "a", "rbd:p/", "https://h/", "https://u:secret"};
    struct buf text = {0};

    for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
        struct image_name name;

        buf_clear(&text);
        buf_puts(&text, before[i]);
        for (unsigned j = 0; j < LONG; j++)
            buf_putc(&text, 'x');
        if (strstr(before[i], "secret"))
            buf_puts(&text, "@h/y");
        parse_image_name(buf_text(&text), &name);
        assert_null(name.path); /* longer than any */
        if (strstr(before[i], "secret"))
            assert_string_equal(name.source, "https://h/y");
        else
            assert_int_equal(strlen(name.source), INVENTORY_SOURCE_MAX);
        image_name_done(&name);
    }
    buf_done(&text);
}

static void test_long_protocol(void **state UNUSED)
{
    struct image_name name;
    char text[LONG];

    memset(text, 'x', sizeof(text));
    text[LONG - 2] = ':';
    text[LONG - 1] = '\0';
    parse_image_name(text, &name);
    assert_int_equal(strlen(name.backend), INVENTORY_NAME_MAX);
    image_name_done(&name);
}

static void check_any(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    struct image_name name;

    parse_image_name(copy, &name);
    assert_true(!name.path || name.path[0] == '/');
    assert_true(!name.source || (name.source[0] && name.backend));
    assert_true(!name.source || strlen(name.source) <= INVENTORY_SOURCE_MAX);
    assert_true(!name.backend || (name.backend[0] && strlen(name.backend) <= INVENTORY_NAME_MAX));
    image_name_done(&name);
    free(copy);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    static const char *const texts[] = {
        "https://user:secret@host/a.iso?token=secret&socket=/run/x#y",
        "rbd:pool/ns/image@snap:conf=/etc/ceph/ceph.conf:id=ad\\:min",
        ("json:{\"driver\":\"raw\",\"file\":{\"server\":{\"host\":\"h\",\"port\":\"1\"},"
         "\"driver\":\"nbd\",\"export\":\"e\"}}"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        support_each_prefix(texts[i], strlen(texts[i]), check_any);
        support_each_garbage(texts[i], strlen(texts[i]), 2000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_long_protocol),
        cmocka_unit_test(test_prefixes_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
