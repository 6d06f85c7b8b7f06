//! Questions of one kind asked together: those that come while the server answers share the next statement, and its commit.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::crawl::CrawlError;

/// Questions in one statement.
const MOST: usize = 512;

type Asked<Q, A> = (Q, oneshot::Sender<Result<A, Arc<CrawlError>>>);

/// Where questions queue. The task behind it ends with the last clone.
pub struct Batch<Q, A> {
    queue: mpsc::UnboundedSender<Asked<Q, A>>,
}

impl<Q, A> Clone for Batch<Q, A> {
    fn clone(&self) -> Self {
        Batch { queue: self.queue.clone() }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Batch<Q, A> {
    /// `ask` gives an answer to each question, in their order.
    pub fn begin<F>(ask: impl Fn(Vec<Q>) -> F + Send + Sync + 'static) -> Batch<Q, A>
    where
        F: Future<Output = Result<Vec<A>, CrawlError>> + Send,
    {
        let (queue, mut asked) = mpsc::unbounded_channel::<Asked<Q, A>>();
        tokio::spawn(async move {
            let mut together = Vec::new();
            while asked.recv_many(&mut together, MOST).await > 0 {
                let (questions, replies): (Vec<Q>, Vec<_>) = together.drain(..).unzip();
                // Whoever asked may have gone.
                match ask(questions).await {
                    Ok(answers) => {
                        replies.into_iter().zip(answers).for_each(|(reply, answer)| drop(reply.send(Ok(answer))))
                    }
                    Err(fault) => {
                        let fault = Arc::new(fault);
                        replies.into_iter().for_each(|reply| drop(reply.send(Err(fault.clone()))));
                    }
                }
            }
        });
        Batch { queue }
    }

    pub async fn ask(&self, question: Q) -> Result<A, CrawlError> {
        let ended = || CrawlError::Stopped("a question to the frontier was not answered".into());
        let (reply, answer) = oneshot::channel();
        self.queue.send((question, reply)).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?.map_err(|fault| CrawlError::Frontier(fault.to_string()))
    }
}
