//! Any call.

use super::input::{Input, Target};

const fn own(help: &'static str) -> Input {
    Input::own(help).to(Target::Own)
}

const METHODS: &[(&str, &str)] = &[
    ("DELETE", "DELETE"),
    ("GET", "GET"),
    ("HEAD", "HEAD"),
    ("LINK", "LINK"),
    ("OPTIONS", "OPTIONS"),
    ("PATCH", "PATCH"),
    ("POST", "POST"),
    ("PURGE", "PURGE"),
    ("PUT", "PUT"),
    ("UNLINK", "UNLINK"),
];

const RESPONSE_TYPES: &[(&str, &str)] =
    &[("arraybuffer", "Array buffer"), ("document", "Document"), ("json", "JSON"), ("text", "Text")];

actions! {
    "Sends any call to the API with the connection's credential."
    raw_request RawRequest "rawRequest" "Raw Request" Raw "" "{url}" "" {
        need text url "url" "URL" = own("The path below the API's base").like("/assets");
        need text method "method" "Method" = own("The HTTP method").one_of(METHODS).such_as("GET");
        may text data "data" "Data" = own("The body as it is; not together with form or file data. A record is sent as \
            input_data=…, percent-encoded").like(r#"{"exampleKey": "Example Data"}"#);
        may pairs form_data "formData" "Form Data" = own("Texts of a multipart body");
        may pairs file_data "fileData" "File Data" = own("Files of a multipart body: part and content")
            .like(r#"[{key: "example.txt", value: "My File Contents"}]"#);
        may pairs file_data_file_names "fileDataFileNames" "File Data File Names" = own("The files' names: part and name");
        may pairs query_params "queryParams" "Query Parameter" = own("Parameters of the query");
        may pairs headers "headers" "Header" = own(
            "More headers; the connection's own Authorization, Accept and Content-Type win").like("User-Agent: curl/7.64.1");
        need text response_type "responseType" "Response Type" = own(
            "How the answer is shown: decoded, as text, or as bytes in base64 (arraybuffer)").or("json").one_of(RESPONSE_TYPES);
        may whole timeout "timeout" "Timeout" = own("How long to wait at most, in milliseconds").like("2000");
        may whole retry_delay_ms "retryDelayMS" "Retry Delay (ms)" = own(
            "The pause between tries; no say with exponential backoff").or("0");
        may flag retry_all_errors "retryAllErrors" "Retry On All Errors" = own(
            "Try again after answers 3xx and 4xx too, and not only after 5xx and broken connections").or("false");
        may whole max_retries "maxRetries" "Max Retry Count" = own(
            "How often to try again, whatever the method: 0 for never. When it is not given, only what is safe is tried \
             again, as in all actions");
        may flag use_exponential_backoff "useExponentialBackoff" "Use Exponential Backoff" = own(
            "Longer and longer pauses between tries").or("false");
    }
}
