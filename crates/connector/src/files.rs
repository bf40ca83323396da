//! Attached files, up and down.

use crate::http::{Body, Call, Content, FilePart, FileSource, Reply};
use crate::{Client, Error, Result};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde_json::Value as Json;
use std::path::Path;
use tokio::io::AsyncWriteExt;

/// A file to attach.
#[derive(Clone, Debug)]
pub struct Upload {
    part: FilePart,
    description: Option<String>,
}

impl Upload {
    /// Bytes in memory, under this name.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::of(name.into(), FileSource::Bytes(bytes.into()))
    }
    /// A file on disk, read while it is sent.
    ///
    /// # Errors
    /// [`Error::Input`] when the path names no file.
    pub fn file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.file_name().and_then(|n| n.to_str());
        let name = name.ok_or_else(|| Error::input("file", format!("{} names no file", path.display())))?;
        Ok(Self::of(name.to_owned(), FileSource::Path(path.to_owned())))
    }
    /// Under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.part.name = name.into();
        self
    }
    /// Of this type, such as `image/png`.
    #[must_use]
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.part.content_type = Some(kind.into());
        self
    }
    /// With a description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
    fn of(name: String, source: FileSource) -> Self {
        let part = FilePart { part: "filename".into(), name, content_type: None, source };
        Self { part, description: None }
    }
}

/// A file on its way down.
#[derive(Debug)]
pub struct Download {
    /// The answer's headers.
    pub headers: HeaderMap,
    content: Content,
}

impl Download {
    pub(crate) const fn of(headers: HeaderMap, response: reqwest::Response) -> Self {
        Self { headers, content: Content::Stream(response) }
    }
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Network`] when the connection breaks on the way.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match &mut self.content {
            Content::Whole(bytes) => Ok(Some(std::mem::take(bytes)).filter(|b| !b.is_empty())),
            Content::Stream(response) => response.chunk().await.map_err(|error| Error::Network {
                call: "the file".into(),
                message: crate::http::chain(&error),
                uncertain: false,
            }),
        }
    }
    /// The whole file in memory.
    ///
    /// # Errors
    /// [`Error::Answer`] when it is larger than this; else as [`Download::chunk`].
    pub async fn bytes(mut self, max: usize) -> Result<Bytes> {
        let mut all = bytes::BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > max {
                let message = format!("it is larger than {max} bytes");
                return Err(Error::Answer { call: "the file".into(), message });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
    /// Saves the file, which is there under its name only when it is whole. Gives its size in bytes.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written; else as [`Download::chunk`].
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let failed = |error| Error::file(path, error);
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let mut file = tokio::fs::File::from_std(temporary.reopen().map_err(failed)?);
        let mut size = 0;
        while let Some(chunk) = self.chunk().await? {
            file.write_all(&chunk).await.map_err(failed)?;
            size += chunk.len() as u64;
        }
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        temporary.persist(path).map_err(|error| failed(error.error))?;
        Ok(size)
    }
    /// Its type.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }
}

impl Client {
    /// Attaches a file to a record by its path, such as `/requests/123`. The answer holds it under `attachment`.
    ///
    /// # Errors
    /// Those of the call. It is not repeated when it may have been heard: the file would be there twice.
    pub async fn upload(&self, record: &str, upload: &Upload) -> Result<Json> {
        let mut call = Call::new(Method::POST, format!("{record}/_uploads"));
        if let Some(description) = &upload.description {
            call = call.query("description", description.as_str());
        }
        // Without this the cloud keeps the file without listing it (requests.md section 12).
        let texts = vec![("addtoattachment".to_owned(), "true".to_owned())];
        self.json(&call.body(Body::Parts(texts, vec![upload.part.clone()]))).await
    }

    /// The files of a record.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn attachments(&self, record: &str) -> Result<Json> {
        self.get(&format!("{record}/attachments")).await
    }

    /// One of the files of a record, by its id.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn download(&self, record: &str, attachment: &str) -> Result<Download> {
        self.download_path(format!("{record}/_uploads/{}", crate::segment("attachment", attachment)?)).await
    }

    /// The file behind a `content_url`, as records show it. Whatever host the address names, the file is asked of this
    /// connection's desk: nobody else gets the token.
    ///
    /// # Errors
    /// [`Error::Input`] when that is no address below the API; else those of the call.
    pub async fn download_url(&self, content_url: &str) -> Result<Download> {
        let path = content_url.split_once("/api/v3/").map_or(content_url, |(_, path)| path);
        if path.contains("://") {
            return Err(Error::input("content_url", format!("{content_url} is no address below the API")));
        }
        self.download_path(format!("/{}", path.trim_start_matches('/'))).await
    }

    async fn download_path(&self, path: String) -> Result<Download> {
        let Reply { headers, content, .. } = self.stream(&Call::new(Method::GET, path)).await?;
        Ok(Download { headers, content })
    }

    /// Removes a file from a record.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn delete_attachment(&self, record: &str, attachment: &str) -> Result<Json> {
        self.delete(&format!("{record}/_uploads/{}", crate::segment("attachment", attachment)?)).await
    }
}
