//! Attached files. Content travels as base64 inside the inputs and answers of actions; a program that has large files
//! uses [`Client::upload`](crate::Client::upload) and [`Client::download`](crate::Client::download) instead, which
//! stream.

use super::input::Input;

const MODULE: Input = Input::path("What kind of record it is").like("requests").one_of(&[
    ("requests", "Requests"),
    ("problems", "Problems"),
    ("assets", "Assets"),
]);
const RECORD: Input = Input::path("The record's id").like("4149000001300019");
const FILE: Input = Input::path("The attachment's id").like("4149000001300019");

actions! {
    "Lists the files of a record."
    list_attachments ListAttachments "listAttachments" "List Attachments"
        Get "GET" "/{recordModule}/{recordId}/attachments" "attachments"
    {
        need text record_module "recordModule" "Module" = MODULE;
        need text record_id "recordId" "Record ID" = RECORD;
    }
    "Attaches a file to a record."
    upload_attachment UploadAttachment "uploadAttachment" "Upload Attachment"
        File "POST" "/{recordModule}/{recordId}/_uploads" "attachment"
    {
        need text record_module "recordModule" "Module" = MODULE;
        need text record_id "recordId" "Record ID" = RECORD;
        need text file_name "fileName" "File Name" = Input::own("The file's name").like("report.pdf");
        need bytes file_content "fileContent" "File Content" = Input::own("What is in it").like("SGVsbG8=");
        may text content_type "contentType" "Content Type" = Input::own("Its type; without it the service goes by the name").like("application/pdf");
        may text description "description" "Description" = Input::own("What it is").like("Sample Content");
    }
    "Reads a file of a record: its type and its content in base64."
    download_attachment DownloadAttachment "downloadAttachment" "Download Attachment"
        File "GET" "/{recordModule}/{recordId}/_uploads/{attachmentId}" "attachment"
    {
        need text record_module "recordModule" "Module" = MODULE;
        need text record_id "recordId" "Record ID" = RECORD;
        need text attachment_id "attachmentId" "Attachment ID" = FILE;
    }
    "Removes a file from a record."
    delete_attachment_of_record DeleteAttachment "deleteAttachment" "Delete Attachment"
        Delete "DELETE" "/{recordModule}/{recordId}/_uploads/{attachmentId}" "attachment"
    {
        need text record_module "recordModule" "Module" = MODULE;
        need text record_id "recordId" "Record ID" = RECORD;
        need text attachment_id "attachmentId" "Attachment ID" = FILE;
    }
}
