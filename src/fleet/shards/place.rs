//! Where shards lie: a bucket with a prefix, or a folder.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig};
use url::Url;

use super::credentials;
use crate::digest::{Digest, Hasher};

/// What may stand behind the `?` of an address. Keys may not: addresses are printed.
const OPTIONS: [&str; 4] = ["endpoint", "region", "allow_http", "virtual_hosted_style_request"];

/// A place for objects under one root. Cheap to clone.
#[derive(Clone)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    /// The address without its options.
    shown: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{address:?} is no place for shards: s3://BUCKET/PREFIX or file:///FOLDER is expected")]
    Address { address: String },
    #[error(
        "{address}: keys do not belong in an address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE"
    )]
    Secret { address: String },
    #[error(
        "{address}: {option:?} is no option of an address; these are: endpoint, region, allow_http, virtual_hosted_style_request"
    )]
    Option { address: String, option: String },
    #[error("the folder {} can't be used for shards: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the credentials in {} can't be read: {source}", path.display())]
    Credentials { path: PathBuf, source: io::Error },
    #[error("{address} can't be opened: {source}")]
    Open { address: String, source: Error },
    #[error("{address} does not answer as a store should: {source}")]
    Ask { address: String, source: Error },
}

/// What became of an object that was to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there with these very bytes: written now, or by an earlier try whose answer was lost.
    Ours,
    /// Its name holds something else.
    Taken,
}

impl Place {
    /// A place to read from. `environment` is where the keys are.
    pub fn open(address: &str, environment: &[(String, String)]) -> Result<Place, PlaceError> {
        let url = Url::parse(address).map_err(|_| no_place(address))?;
        match url.scheme() {
            "file" => Place::folder(&url),
            "s3" => Place::bucket(&url, environment),
            _ => Err(no_place(address)),
        }
    }

    /// The same to write to: a folder is made where there is none.
    pub fn make(address: &str, environment: &[(String, String)]) -> Result<Place, PlaceError> {
        if let Some(path) =
            Url::parse(address).ok().filter(|url| url.scheme() == "file").and_then(|url| url.to_file_path().ok())
        {
            std::fs::create_dir_all(&path).map_err(|source| PlaceError::Folder { path, source })?;
        }
        Place::open(address, environment)
    }

    fn folder(url: &Url) -> Result<Place, PlaceError> {
        let path = url.to_file_path().map_err(|()| no_place(url.as_str()))?;
        if let Err(source) = std::fs::read_dir(&path) {
            return Err(PlaceError::Folder { path, source });
        }
        let shown = format!("file://{}", path.display());
        let store = LocalFileSystem::new_with_prefix(&path)
            .map_err(|source| PlaceError::Open { address: shown.clone(), source })?
            // What was said to be durable survives a power cut.
            .with_fsync(true);
        Ok(Place { store: Arc::new(store), shown })
    }

    fn bucket(url: &Url, environment: &[(String, String)]) -> Result<Place, PlaceError> {
        let bucket = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| no_place(url.as_str()))?;
        let prefix = url.path().trim_matches('/');
        let shown = format!("s3://{bucket}/{prefix}");
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PlaceError::Secret { address: shown });
        }
        // One provider in the program: the one the crawl's own door uses. A second call finds it there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_retry(ONE_TRY);
        if let Some((path, profile)) = credentials::file(environment) {
            let keys = credentials::read(&path, &profile)
                .map_err(|source| PlaceError::Credentials { path: path.clone(), source })?;
            for (name, value) in keys {
                builder = with(builder, &name, value);
            }
        }
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("AWS_")) {
            builder = with(builder, &name.to_ascii_lowercase(), value.clone());
        }
        for (name, value) in url.query_pairs() {
            if name.contains("key") || name.contains("token") || name.contains("secret") {
                return Err(PlaceError::Secret { address: shown });
            }
            if !OPTIONS.contains(&name.as_ref()) {
                return Err(PlaceError::Option { address: shown, option: name.into_owned() });
            }
            builder = with(builder, &name, value.into_owned());
        }
        let opened = |source| PlaceError::Open { address: shown.clone(), source };
        let store = builder.build().map_err(opened)?;
        let prefix = Path::parse(prefix).map_err(|fault| opened(fault.into()))?;
        Ok(Place { store: Arc::new(PrefixStore::new(store, prefix)), shown })
    }

    /// The address as it may be printed.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Creates an object where there is none; durable when this returns.
    pub async fn create(&self, name: &str, bytes: Vec<u8>) -> Result<Created, Error> {
        let digest = Digest::of(&bytes);
        match self.store.put_opts(&Path::from(name), PutPayload::from(bytes), PutMode::Create.into()).await {
            Ok(_) => Ok(Created::Ours),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                Ok(if self.digest(name).await? == digest { Created::Ours } else { Created::Taken })
            }
            Err(fault) => Err(fault),
        }
    }

    /// Objects under a folder, `""` for all.
    pub async fn list(&self, folder: &str) -> Result<Vec<ObjectMeta>, Error> {
        let prefix = Some(Path::from(folder)).filter(|path| !path.as_ref().is_empty());
        self.store.list(prefix.as_ref()).try_collect().await
    }

    /// A whole object, for small ones.
    pub async fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        Ok(self.store.get(&Path::from(name)).await?.bytes().await?.to_vec())
    }

    /// An object in pieces as they come.
    pub async fn stream(&self, name: &str, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), Error> {
        let mut pieces = self.store.get(&Path::from(name)).await?.into_stream();
        while let Some(piece) = pieces.next().await {
            each(&piece?).map_err(local)?;
        }
        Ok(())
    }

    async fn digest(&self, name: &str) -> Result<Digest, Error> {
        let mut hash = Hasher::new();
        self.stream(name, |piece| {
            hash.update(piece);
            Ok(())
        })
        .await?;
        Ok(hash.finish())
    }
}

/// Who is at fault where a piece could not be put away on this machine.
pub const LOCAL: &str = "local copy";

pub fn local(source: io::Error) -> Error {
    Error::Generic { store: LOCAL, source: source.into() }
}

/// Trying again is the caller's, who knows how long it may wait.
const ONE_TRY: RetryConfig = RetryConfig {
    backoff: object_store::BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(1),
        base: 2.0,
    },
    max_retries: 1,
    retry_timeout: Duration::from_secs(20),
};

/// Whether asking again can't help: somebody must do something first.
pub fn is_refusal(fault: &Error) -> bool {
    matches!(
        fault,
        Error::Unauthenticated { .. }
            | Error::PermissionDenied { .. }
            | Error::NotSupported { .. }
            | Error::NotImplemented { .. }
            | Error::InvalidPath { .. }
    )
}

fn with(builder: AmazonS3Builder, name: &str, value: String) -> AmazonS3Builder {
    match name.parse::<AmazonS3ConfigKey>() {
        Ok(key) => builder.with_config(key, value),
        // AWS_PROFILE and what else there is that is not about this.
        Err(_) => builder,
    }
}

fn no_place(address: &str) -> PlaceError {
    PlaceError::Address { address: address.split('?').next().unwrap_or_default().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_holds_a_key_is_refused_and_not_repeated() {
        for address in [
            "s3://me:hunter2@bucket/p",
            "s3://bucket/p?aws_secret_access_key=hunter2",
            "s3://bucket/p?secret=hunter2",
            "s3://bucket/p?token=hunter2",
        ] {
            let fault = Place::open(address, &[]).err().unwrap();
            assert!(matches!(fault, PlaceError::Secret { .. }), "{fault}");
            assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault:?}");
        }
        assert!(matches!(Place::open("http://a/b", &[]), Err(PlaceError::Address { .. })));
        assert!(matches!(Place::open("s3://b/p?colour=red", &[]), Err(PlaceError::Option { .. })));
    }
}
