//! Where tokens are kept between runs.

use crate::{Error, Result, Secret};
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use std::any::Any;
use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tokens as the token endpoint gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// What calls are made with.
    pub access_token: Secret,
    /// What gives a new access token.
    pub refresh_token: Option<Secret>,
    /// When the access token ends, in milliseconds since 1970.
    pub expires_at_ms: i64,
    /// How long it was good for when it was given, in milliseconds.
    pub lifetime_ms: i64,
    /// What it may do, where the service said it.
    pub scope: Option<String>,
}

/// A token is renewed this long before its end, or a tenth of its life where that is shorter.
const EARLY_MS: i64 = 300_000;

impl TokenSet {
    /// Whether it is time for a new one.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        now_ms() >= self.expires_at_ms - EARLY_MS.min(self.lifetime_ms / 10)
    }
    /// Whether it is worth nothing any more.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        now_ms() >= self.expires_at_ms
    }
    /// As a document, secrets in clear: for a store.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "access_token": self.access_token.expose(),
            "refresh_token": self.refresh_token.as_ref().map(Secret::expose),
            "expires_at_ms": self.expires_at_ms,
            "lifetime_ms": self.lifetime_ms,
            "scope": self.scope,
        })
    }
    /// From such a document; `None` when it is none.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Json::as_str);
        Some(Self {
            access_token: text("access_token")?.into(),
            refresh_token: text("refresh_token").map(Secret::from),
            expires_at_ms: json.get("expires_at_ms")?.as_i64()?,
            lifetime_ms: json.get("lifetime_ms").and_then(Json::as_i64).unwrap_or(0),
            scope: text("scope").map(str::to_owned),
        })
    }
}

/// The time in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Keeps the tokens of one connection. An embedding program implements it on whatever keeps its secrets.
pub trait TokenStore: Send + Sync + Debug {
    /// The tokens that were saved last.
    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>>>;
    /// Keeps these tokens instead.
    fn save<'a>(&'a self, set: &'a TokenSet) -> BoxFuture<'a, Result<()>>;
    /// Waits until nobody else who shares the store renews the tokens, and keeps others waiting until what it gives is
    /// dropped. Stores that nobody shares need not do anything.
    fn alone(&self) -> BoxFuture<'_, Result<Box<dyn Any + Send>>> {
        Box::pin(async { Ok(Box::new(()) as Box<dyn Any + Send>) })
    }
}

/// Tokens that end with the program.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<Option<TokenSet>>);

impl TokenStore for MemoryTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>>> {
        let set = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async { Ok(set) })
    }
    fn save<'a>(&'a self, set: &'a TokenSet) -> BoxFuture<'a, Result<()>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(set.clone());
        Box::pin(async { Ok(()) })
    }
}

/// Tokens in a file that only its owner can read. It is replaced as a whole, so nobody ever reads half of it; programs
/// that share it renew one at a time.
#[derive(Clone, Debug)]
pub struct FileTokens(PathBuf);

impl FileTokens {
    /// Keeps tokens at this path, whose folder is made when it is not there.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl TokenStore for FileTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>>> {
        Box::pin(async {
            let text = match tokio::fs::read(&self.0).await {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(Error::file(&self.0, error)),
            };
            let set = serde_json::from_slice(&text).ok().and_then(|json| TokenSet::from_json(&json));
            set.map(Some).ok_or_else(|| Error::Store(format!("{} holds no tokens", self.0.display())))
        })
    }

    fn save<'a>(&'a self, set: &'a TokenSet) -> BoxFuture<'a, Result<()>> {
        let (path, text) = (self.0.clone(), set.to_json().to_string());
        Box::pin(async move {
            let write = move || replace_private(&path, text.as_bytes());
            tokio::task::spawn_blocking(write).await.map_err(|e| Error::Store(e.to_string()))?
        })
    }

    fn alone(&self) -> BoxFuture<'_, Result<Box<dyn Any + Send>>> {
        let path = self.0.with_extension("lock");
        Box::pin(async move {
            let lock = move || {
                let file = private_options().open_with_folder(&path)?;
                file.lock().map_err(|e| Error::file(&path, e))?;
                Ok(Box::new(file) as Box<dyn Any + Send>)
            };
            tokio::task::spawn_blocking(lock).await.map_err(|e| Error::Store(e.to_string()))?
        })
    }
}

/// Replaces a file as a whole by one that only its owner can read, and has it on disk before it says so. Its folder is
/// made when it is not there.
///
/// # Errors
/// [`Error::File`] when it cannot be written; the old file is there then.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| Error::file(path, error);
    let folder = folder_of(path);
    make_folder(folder).map_err(failed)?;
    // A temporary file is made for its owner only, by tempfile's own promise.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

struct PrivateOptions(std::fs::OpenOptions);

fn private_options() -> PrivateOptions {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    PrivateOptions(options)
}

impl PrivateOptions {
    fn open_with_folder(&self, path: &Path) -> Result<std::fs::File> {
        make_folder(folder_of(path)).and_then(|()| self.0.open(path)).map_err(|e| Error::file(path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(token: &str) -> TokenSet {
        TokenSet {
            access_token: token.into(),
            refresh_token: Some("r".into()),
            expires_at_ms: now_ms() + 3_600_000,
            lifetime_ms: 3_600_000,
            scope: None,
        }
    }

    #[tokio::test]
    async fn a_file_of_tokens_is_its_owners_and_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/tokens.json");
        let store = FileTokens::at(&path);
        assert_eq!(store.load().await.unwrap(), None);
        for token in ["a", "b"] {
            store.save(&set(token)).await.unwrap();
            assert_eq!(store.load().await.unwrap().unwrap().access_token.expose(), token);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(
                std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left behind");
        std::fs::write(&path, "{").unwrap();
        assert!(store.load().await.unwrap_err().to_string().contains("holds no tokens"));
    }

    #[test]
    fn it_is_renewed_five_minutes_early_or_a_tenth_of_its_life() {
        let mut hour = set("a");
        assert!(!hour.is_stale());
        hour.expires_at_ms = now_ms() + 299_000;
        assert!(hour.is_stale() && !hour.is_expired());
        let short = TokenSet { lifetime_ms: 10_000, expires_at_ms: now_ms() + 5_000, ..set("a") };
        assert!(!short.is_stale());
        assert!(!format!("{hour:?}").contains("\"a\""));
    }
}
