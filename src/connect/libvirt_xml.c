/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's XML by way of expat. */
#include "connect/libvirt_xml.h"

#include <errno.h>
#include <expat.h>
#include <string.h>

#include "base/util.h"

struct libvirt_xml {
    XML_Parser parser;
    libvirt_xml_begin *begin;
    void *self;
    unsigned depth;
    bool enough;
    bool refused;
};

/* Of an element without content expat tells the end even then. */
static void libvirt_xml_stop(struct libvirt_xml *xml)
{
    (void)XML_StopParser(xml->parser, XML_FALSE);
}

static void XMLCALL libvirt_xml_start_element(void *pointer, const XML_Char *name,
                                              const XML_Char **attributes)
{
    struct libvirt_xml *xml = pointer;
    struct libvirt_element element = {
        .depth = ++xml->depth, .name = name, .attributes = (const char *const *)attributes};

    if (xml->enough || xml->refused)
        return;
    if (xml->depth > LIBVIRT_XML_DEPTH_MAX)
        xml->refused = true;
    else if (!xml->begin(xml->self, &element))
        xml->enough = true;
    if (xml->enough || xml->refused)
        libvirt_xml_stop(xml);
}

static void XMLCALL libvirt_xml_end_element(void *pointer, const XML_Char *name UNUSED)
{
    struct libvirt_xml *xml = pointer;

    xml->depth--;
}

/* Entities are declared in document types: without those none expands. */
static void XMLCALL libvirt_xml_start_doctype(void *pointer, const XML_Char *name UNUSED,
                                              const XML_Char *system UNUSED,
                                              const XML_Char *public_id UNUSED,
                                              int has_internal UNUSED)
{
    struct libvirt_xml *xml = pointer;

    xml->refused = true;
    libvirt_xml_stop(xml);
}

int libvirt_xml_read(const char *text, size_t len, libvirt_xml_begin *begin, void *self)
{
    struct libvirt_xml xml = {.begin = begin, .self = self};
    enum XML_Status status;

    if (len > LIBVIRT_XML_MAX)
        return -E2BIG;
    /* libvirt writes no other encoding, and none is to be declared. */
    xml.parser = XML_ParserCreate("UTF-8");
    if (!xml.parser)
        return -ENOMEM;
    XML_SetUserData(xml.parser, &xml);
    XML_SetElementHandler(xml.parser, libvirt_xml_start_element, libvirt_xml_end_element);
    XML_SetStartDoctypeDeclHandler(xml.parser, libvirt_xml_start_doctype);
    status = XML_Parse(xml.parser, text, (int)len, XML_TRUE);
    if (status == XML_STATUS_ERROR && XML_GetErrorCode(xml.parser) == XML_ERROR_NO_MEMORY) {
        XML_ParserFree(xml.parser);
        return -ENOMEM;
    }
    XML_ParserFree(xml.parser);
    if (xml.refused || (status != XML_STATUS_OK && !xml.enough))
        return -EBADMSG;
    return 0;
}

const char *libvirt_element_attribute(const struct libvirt_element *element, const char *name)
{
    for (size_t i = 0; element->attributes[i]; i += 2) {
        if (strcmp(element->attributes[i], name) == 0)
            return element->attributes[i + 1];
    }
    return NULL;
}
