/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the XML that libvirt writes, element by element. Text of people is
 * in it (names, paths, metadata of whatever form), so what it may cost is
 * bounded, and document types, with all that they can declare, are refused.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_XML_H
#define PROXTOP_CONNECT_LIBVIRT_XML_H

#include <stdbool.h>
#include <stddef.h>

#define LIBVIRT_XML_MAX       (4 * 1024 * 1024) /* bytes of a text */
#define LIBVIRT_XML_DEPTH_MAX 64

/* An element that begins; what it points to holds during the call. */
struct libvirt_element {
    unsigned depth; /* 1 = the root */
    const char *name;
    const char *const *attributes; /* name, value, ..., NULL; see libvirt_element_attribute() */
};

/* False = enough was seen. */
typedef bool libvirt_xml_begin(void *self, const struct libvirt_element *element);

/* Calls begin for every element in the order of the text. 0 also when begin had
 * enough, whatever follows; -EBADMSG at what is no XML, has a document type or
 * is too deep; -E2BIG for a text beyond LIBVIRT_XML_MAX; -ENOMEM. On failure
 * begin was called for what came before. */
int libvirt_xml_read(const char *text, size_t len, libvirt_xml_begin *begin, void *self);

/* The value, or NULL. */
const char *libvirt_element_attribute(const struct libvirt_element *element, const char *name);

#endif
