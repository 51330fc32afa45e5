"""The Celery app and its settings. The broker loses and repeats tasks with any of them; the ledger
does not mind.
"""

from typing import Any

from celery import Celery

VISIBILITY = 900  # seconds until an unacknowledged wake-up is delivered again
QUEUE = "distro"


def make_app(broker: str, name: str = "distro") -> Celery:
    """Return a Celery app on this broker; no result backend, no time limits (uvloop swallows what
    they raise).
    """
    app = Celery(name, broker=broker, set_as_current=False)
    transport: dict[str, Any] = {}
    if broker.split(":", 1)[0] in ("redis", "rediss", "redis+socket", "sentinel"):
        transport = {
            "visibility_timeout": VISIBILITY,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": not broker.startswith("redis+socket"),
            "health_check_interval": 10,
            "priority_steps": [0],
        }
    app.conf.update(
        task_default_queue=QUEUE,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        result_backend=None,
        broker_transport_options=transport,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=5,
        task_publish_retry_policy={
            "max_retries": 3,
            "interval_start": 0.1,
            "interval_step": 0.2,
            "interval_max": 0.5,
        },
        # cancelling in the middle of a letter makes doubts
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        accept_content=["json"],
        task_serializer="json",
        worker_eta_task_limit=100,
        worker_send_task_events=False,
        # whoever reaches the broker could stop it, or ask for its settings
        worker_enable_remote_control=False,
        task_send_sent_event=False,
        enable_utc=True,
    )
    return app
